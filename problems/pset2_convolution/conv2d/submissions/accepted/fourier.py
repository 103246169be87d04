"""By the convolution theorem: a product of Fourier transforms, in which each pass conjugates one factor."""

import numpy as np


def _transform(a, step, size):
    """The Fourier transform of a with step - 1 zeros between its entries, zero-padded to size."""
    spread = np.zeros((*a.shape[:2], *size))
    H, W = a.shape[2:]
    spread[:, :, : step[0] * (H - 1) + 1 : step[0], : step[1] * (W - 1) + 1 : step[1]] = a
    return np.fft.fft2(spread)


def _pad(x, padding):
    return np.pad(x, ((0, 0), (0, 0), (padding[0],) * 2, (padding[1],) * 2))


def conv2d_forward(x, w, b, stride=(1, 1), padding=(0, 0), dilation=(1, 1)):
    padded = _pad(x, padding)
    H, W = size = padded.shape[2:]
    X, K = _transform(padded, (1, 1), size), _transform(w, dilation, size)
    full = np.fft.ifft2(np.einsum("ncij,fcij->nfij", X, K.conj())).real
    # Where the kernel would wrap around the edge, there is no output.
    inside_h = H - dilation[0] * (w.shape[2] - 1)
    inside_w = W - dilation[1] * (w.shape[3] - 1)
    y = full[:, :, : inside_h : stride[0], : inside_w : stride[1]] + b[:, None, None]
    return y.astype(x.dtype)


def conv2d_backward(dy, x, w, stride=(1, 1), padding=(0, 0), dilation=(1, 1)):
    padded = _pad(x, padding)
    size = padded.shape[2:]
    X, K, G = _transform(padded, (1, 1), size), _transform(w, dilation, size), _transform(dy, stride, size)
    dpadded = np.fft.ifft2(np.einsum("nfij,fcij->ncij", G, K)).real
    dspread = np.fft.ifft2(np.einsum("ncij,nfij->fcij", X, G.conj())).real
    (dh, dw_), (_, _, KH, KW) = dilation, w.shape
    dw = dspread[:, :, : dh * (KH - 1) + 1 : dh, : dw_ * (KW - 1) + 1 : dw_]
    (ph, pw), (_, _, H, W) = padding, x.shape
    dx = dpadded[:, :, ph : ph + H, pw : pw + W]
    return dx.astype(x.dtype), dw.astype(x.dtype), dy.sum(axis=-1).sum(axis=-1).sum(axis=0)

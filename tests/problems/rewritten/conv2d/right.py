"""Two-dimensional convolution, forward and backward: one step for each entry of the kernel."""

import numpy as np


def _pad(x, padding):
    ph, pw = padding
    return np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))


def _output_size(x, w, stride, padding, dilation):
    return tuple(
        (x.shape[2 + a] + 2 * padding[a] - dilation[a] * (w.shape[2 + a] - 1) - 1) // stride[a] + 1
        for a in (0, 1)
    )


def _taps(kernel, out, stride, dilation):
    """For each kernel entry: the entry, and the rows and columns of the padded image it meets."""
    for u in range(kernel[0]):
        for v in range(kernel[1]):
            top, left = dilation[0] * u, dilation[1] * v
            rows = slice(top, top + stride[0] * (out[0] - 1) + 1, stride[0])
            cols = slice(left, left + stride[1] * (out[1] - 1) + 1, stride[1])
            yield u, v, (slice(None), slice(None), rows, cols)


def conv2d_forward(x, w, b, stride=(1, 1), padding=(0, 0), dilation=(1, 1)):
    out = _output_size(x, w, stride, padding, dilation)
    xp = _pad(x, padding)
    y = np.zeros((x.shape[0], w.shape[0], *out), dtype=x.dtype)
    for u, v, where in _taps(w.shape[2:], out, stride, dilation):
        y += np.einsum("ncij,fc->nfij", xp[where], w[:, :, u, v])
    return y + b[None, :, None, None]


def conv2d_backward(dy, x, w, stride=(1, 1), padding=(0, 0), dilation=(1, 1)):
    xp = _pad(x, padding)
    dxp = np.zeros(xp.shape, dtype=x.dtype)
    dw = np.zeros(w.shape, dtype=x.dtype)
    for u, v, where in _taps(w.shape[2:], dy.shape[2:], stride, dilation):
        dxp[where] += np.einsum("nfij,fc->ncij", dy, w[:, :, u, v])
        dw[:, :, u, v] = np.einsum("nfij,ncij->fc", dy, xp[where])
    ph, pw = padding
    dx = dxp[:, :, ph : ph + x.shape[2], pw : pw + x.shape[3]].copy()
    return dx, dw, dy.sum(axis=(0, 2, 3))

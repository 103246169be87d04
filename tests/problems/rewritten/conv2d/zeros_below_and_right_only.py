import numpy as np


def _padded(x, padding):
    """The image with 2p zeros in each direction."""
    N, C, H, W = x.shape
    xp = np.zeros((N, C, H + 2 * padding[0], W + 2 * padding[1]), dtype=x.dtype)
    xp[:, :, :H, :W] = x
    return xp


def _window(i, j, w, stride, dilation):
    _, _, KH, KW = w.shape
    r = stride[0] * i + dilation[0] * np.arange(KH)
    c = stride[1] * j + dilation[1] * np.arange(KW)
    return r[:, None], c[None, :]


def conv2d_forward(x, w, b, stride=(1, 1), padding=(0, 0), dilation=(1, 1)):
    xp = _padded(x, padding)
    OH = (xp.shape[2] - dilation[0] * (w.shape[2] - 1) - 1) // stride[0] + 1
    OW = (xp.shape[3] - dilation[1] * (w.shape[3] - 1) - 1) // stride[1] + 1
    y = np.zeros((x.shape[0], w.shape[0], OH, OW), dtype=x.dtype)
    for i in range(OH):
        for j in range(OW):
            r, c = _window(i, j, w, stride, dilation)
            y[:, :, i, j] = np.einsum("ncuv,fcuv->nf", xp[:, :, r, c], w) + b
    return y


def conv2d_backward(dy, x, w, stride=(1, 1), padding=(0, 0), dilation=(1, 1)):
    xp = _padded(x, padding)
    dxp = np.zeros_like(xp)
    dw = np.zeros(w.shape, dtype=w.dtype)
    for i in range(dy.shape[2]):
        for j in range(dy.shape[3]):
            r, c = _window(i, j, w, stride, dilation)
            dxp[:, :, r, c] += np.einsum("nf,fcuv->ncuv", dy[:, :, i, j], w)
            dw += np.einsum("nf,ncuv->fcuv", dy[:, :, i, j], xp[:, :, r, c])
    return dxp[:, :, : x.shape[2], : x.shape[3]], dw, dy.sum((0, 2, 3))

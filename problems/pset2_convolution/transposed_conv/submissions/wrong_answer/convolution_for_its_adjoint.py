"""You convolve the spread image with the kernel as it is: the transpose of a convolution needs it flipped, or stamps."""

import numpy as np


def conv_transpose2d_forward(x, w, b, stride=(1, 1), padding=(0, 0)):
    KH, KW = w.shape[2:]
    N, C, H, W = x.shape
    spread = np.zeros((N, C, stride[0] * (H - 1) + 1, stride[1] * (W - 1) + 1), dtype=x.dtype)
    spread[:, :, :: stride[0], :: stride[1]] = x
    xp = np.pad(spread, ((0, 0), (0, 0), (KH - 1, KH - 1), (KW - 1, KW - 1)))
    OH, OW = xp.shape[2] - KH + 1, xp.shape[3] - KW + 1
    y = np.zeros((N, w.shape[1], OH, OW), dtype=x.dtype)
    for i in range(OH):
        for j in range(OW):
            y[:, :, i, j] = np.tensordot(xp[:, :, i : i + KH, j : j + KW], w, axes=((1, 2, 3), (0, 2, 3)))
    ph, pw = padding
    return y[:, :, ph : OH - ph, pw : OW - pw] + b.reshape(1, -1, 1, 1)


def conv_transpose2d_backward(dy, x, w, stride=(1, 1), padding=(0, 0)):
    N, C, H, W = x.shape
    _, F, KH, KW = w.shape
    sh, sw = stride
    ph, pw = padding
    full = np.pad(dy, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    dx = np.zeros_like(x)
    dw = np.zeros_like(w)
    for i in range(H):
        for j in range(W):
            g = full[:, :, i * sh : i * sh + KH, j * sw : j * sw + KW]
            dx[:, :, i, j] = np.tensordot(g, w, axes=((1, 2, 3), (1, 2, 3)))
            dw += np.tensordot(x[:, :, i, j], g, axes=((0,), (0,)))
    db = dy.sum(axis=(0, 2, 3))
    return dx, dw, db


def upsample_nearest(x, factor):
    return np.repeat(np.repeat(x, factor[0], axis=2), factor[1], axis=3)


def upsample_nearest_backward(dy, factor):
    N, C, H, W = dy.shape
    kh, kw = factor
    return dy.reshape(N, C, H // kh, kh, W // kw, kw).sum(axis=(3, 5))

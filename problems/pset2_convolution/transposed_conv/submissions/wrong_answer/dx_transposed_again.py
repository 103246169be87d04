"""Your dx stamps dy once more, so it is larger than x: the way back from a transposed convolution is an ordinary one, where a pixel collects from its stamp."""

import numpy as np


def conv_transpose2d_forward(x, w, b, stride=(1, 1), padding=(0, 0)):
    N, C, H, W = x.shape
    _, F, KH, KW = w.shape
    sh, sw = stride
    ph, pw = padding
    full = np.zeros((N, F, sh * (H - 1) + KH, sw * (W - 1) + KW), dtype=x.dtype)
    for i in range(H):
        for j in range(W):
            stamp = np.tensordot(x[:, :, i, j], w, axes=(1, 0))
            full[:, :, i * sh : i * sh + KH, j * sw : j * sw + KW] += stamp
    y = full[:, :, ph : full.shape[2] - ph, pw : full.shape[3] - pw]
    return y + b.reshape(1, -1, 1, 1)


def conv_transpose2d_backward(dy, x, w, stride=(1, 1), padding=(0, 0)):
    N, C, H, W = x.shape
    _, F, KH, KW = w.shape
    sh, sw = stride
    ph, pw = padding
    full = np.pad(dy, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    OH, OW = dy.shape[2:]
    dx = np.zeros((N, C, sh * (OH - 1) + KH, sw * (OW - 1) + KW), dtype=x.dtype)
    for i in range(OH):
        for j in range(OW):
            dx[:, :, i * sh : i * sh + KH, j * sw : j * sw + KW] += np.einsum("nf,cfuv->ncuv", dy[:, :, i, j], w)
    dx = dx[:, :, ph : dx.shape[2] - ph, pw : dx.shape[3] - pw]
    dw = np.zeros_like(w)
    for i in range(H):
        for j in range(W):
            g = full[:, :, i * sh : i * sh + KH, j * sw : j * sw + KW]
            dw += np.tensordot(x[:, :, i, j], g, axes=((0,), (0,)))
    db = dy.sum(axis=(0, 2, 3))
    return dx, dw, db


def upsample_nearest(x, factor):
    return np.repeat(np.repeat(x, factor[0], axis=2), factor[1], axis=3)


def upsample_nearest_backward(dy, factor):
    N, C, H, W = dy.shape
    kh, kw = factor
    return dy.reshape(N, C, H // kh, kh, W // kw, kw).sum(axis=(3, 5))

"""You put zeros beside each pixel: upsampling fills the block with copies of it."""

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
    y = np.zeros((*x.shape[:2], x.shape[2] * factor[0], x.shape[3] * factor[1]), dtype=x.dtype)
    y[:, :, :: factor[0], :: factor[1]] = x
    return y


def upsample_nearest_backward(dy, factor):
    N, C, H, W = dy.shape
    kh, kw = factor
    return dy.reshape(N, C, H // kh, kh, W // kw, kw).sum(axis=(3, 5))

"""Transposed convolution (kernel-loop version) and nearest-neighbour upsampling."""

import numpy as np


def _spots(u, v, H, W, stride):
    """Where kernel entry (u, v) lands on the uncropped output, for all pixels at once."""
    sh, sw = stride
    return slice(u, u + sh * (H - 1) + 1, sh), slice(v, v + sw * (W - 1) + 1, sw)


def conv_transpose2d_forward(x, w, b, stride=(1, 1), padding=(0, 0)):
    N, C, H, W = x.shape
    _, F, KH, KW = w.shape
    ph, pw = padding
    full_h = stride[0] * (H - 1) + KH
    full_w = stride[1] * (W - 1) + KW
    canvas = np.zeros((N, F, full_h, full_w), dtype=x.dtype)
    for u in range(KH):
        for v in range(KW):
            rows, cols = _spots(u, v, H, W, stride)
            canvas[:, :, rows, cols] += np.einsum("ncij,cf->nfij", x, w[:, :, u, v])
    y = canvas[:, :, ph:full_h - ph, pw:full_w - pw]
    return y + b.reshape(1, F, 1, 1)


def conv_transpose2d_backward(dy, x, w, stride=(1, 1), padding=(0, 0)):
    N, C, H, W = x.shape
    _, F, KH, KW = w.shape
    ph, pw = padding
    dcanvas = np.pad(dy, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    dx = np.zeros_like(x)
    dw = np.zeros_like(w)
    for u in range(KH):
        for v in range(KW):
            rows, cols = _spots(u, v, H, W, stride)
            g = dcanvas[:, :, rows, cols]
            dx += np.einsum("nfij,cf->ncij", g, w[:, :, u, v])
            dw[:, :, u, v] = np.einsum("nfij,ncij->cf", g, x)
    return dx, dw, dy.sum(axis=(0, 2, 3))


def upsample_nearest(x, factor):
    kh, kw = factor
    return x.repeat(kh, axis=2).repeat(kw, axis=3)


def upsample_nearest_backward(dy, factor):
    kh, kw = factor
    return dy[:, :, ::kh, ::kw].copy()

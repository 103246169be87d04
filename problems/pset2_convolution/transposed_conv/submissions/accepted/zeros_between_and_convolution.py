"""An ordinary convolution of the image with zeros put between its pixels and around them, kernel flipped."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def _spread(x, stride):
    H, W = x.shape[2:]
    out = np.zeros((*x.shape[:2], stride[0] * (H - 1) + 1, stride[1] * (W - 1) + 1), dtype=x.dtype)
    out[:, :, :: stride[0], :: stride[1]] = x
    return out


def conv_transpose2d_forward(x, w, b, stride=(1, 1), padding=(0, 0)):
    KH, KW = w.shape[2:]
    padded = np.pad(_spread(x, stride), ((0, 0), (0, 0), (KH - 1, KH - 1), (KW - 1, KW - 1)))
    windows = sliding_window_view(padded, (KH, KW), axis=(2, 3))
    y = np.einsum("ncijuv,cfuv->nfij", windows, w[:, :, ::-1, ::-1])
    ph, pw = padding
    return y[:, :, ph : y.shape[2] - ph, pw : y.shape[3] - pw] + b[None, :, None, None]


def conv_transpose2d_backward(dy, x, w, stride=(1, 1), padding=(0, 0)):
    ph, pw = padding
    padded = np.pad(dy, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    windows = sliding_window_view(padded, w.shape[2:], axis=(2, 3))[:, :, :: stride[0], :: stride[1]]
    dx = np.einsum("nfijuv,cfuv->ncij", windows, w)
    dw = np.einsum("ncij,nfijuv->cfuv", x, windows)
    return dx, dw, dy.sum(axis=3).sum(axis=2).sum(axis=0)


def upsample_nearest(x, factor):
    rows = np.arange(x.shape[2] * factor[0]) // factor[0]
    columns = np.arange(x.shape[3] * factor[1]) // factor[1]
    return x[:, :, rows[:, None], columns]


def upsample_nearest_backward(dy, factor):
    summed = np.add.reduceat(dy, np.arange(0, dy.shape[2], factor[0]), axis=2)
    return np.add.reduceat(summed, np.arange(0, dy.shape[3], factor[1]), axis=3)

"""All products at once, scattered and gathered by an index array."""

import numpy as np


def _landing(x, w, stride):
    H, W = x.shape[2:]
    KH, KW = w.shape[2:]
    rows = (np.arange(H) * stride[0])[:, None] + np.arange(KH)  # (H, KH)
    columns = (np.arange(W) * stride[1])[:, None] + np.arange(KW)  # (W, KW)
    return rows[:, None, :, None], columns[None, :, None, :]  # to (H, W, KH, KW)


def conv_transpose2d_forward(x, w, b, stride=(1, 1), padding=(0, 0)):
    rows, columns = _landing(x, w, stride)
    products = np.einsum("ncij,cfuv->nfijuv", x, w)
    y = np.zeros((x.shape[0], w.shape[1], rows.max() + 1, columns.max() + 1), dtype=x.dtype)
    np.add.at(y, (slice(None), slice(None), rows, columns), products)
    (ph, pw), (OH, OW) = padding, y.shape[2:]
    return y[:, :, ph : OH - ph, pw : OW - pw] + b[:, None, None]


def conv_transpose2d_backward(dy, x, w, stride=(1, 1), padding=(0, 0)):
    rows, columns = _landing(x, w, stride)
    uncut = np.pad(dy, [(0, 0), (0, 0), (padding[0],) * 2, (padding[1],) * 2])
    landed = uncut[:, :, rows, columns]  # (N, F, H, W, KH, KW)
    dx = (landed[:, None] * w[None, :, :, None, None]).sum(axis=(2, 5, 6))
    dw = (landed[:, None] * x[:, :, None, :, :, None, None]).sum(axis=(0, 3, 4))
    return dx, dw, np.einsum("nfij->f", dy)


def upsample_nearest(x, factor):
    N, C, H, W = x.shape
    blocks = np.broadcast_to(x[:, :, :, None, :, None], (N, C, H, factor[0], W, factor[1]))
    return blocks.reshape(N, C, H * factor[0], W * factor[1])


def upsample_nearest_backward(dy, factor):
    N, C, H, W = dy.shape
    dx = np.zeros((N, C, H // factor[0], W // factor[1]), dtype=dy.dtype)
    for i, j in np.ndindex(H, W):
        dx[:, :, i // factor[0], j // factor[1]] += dy[:, :, i, j]
    return dx

"""im2col: an index array gathers every window into a column, one matrix product does the rest, and col2im scatters."""

import numpy as np


def _indices(padded_shape, w_shape, stride, dilation):
    """Rows and columns of the padded image, each of shape (KH * KW, OH * OW)."""
    H, W = padded_shape[2:]
    KH, KW = w_shape[2:]
    OH = (H - dilation[0] * (KH - 1) - 1) // stride[0] + 1
    OW = (W - dilation[1] * (KW - 1) - 1) // stride[1] + 1
    u, v = np.meshgrid(np.arange(KH) * dilation[0], np.arange(KW) * dilation[1], indexing="ij")
    i, j = np.meshgrid(np.arange(OH) * stride[0], np.arange(OW) * stride[1], indexing="ij")
    return u.reshape(-1, 1) + i.reshape(1, -1), v.reshape(-1, 1) + j.reshape(1, -1), OH, OW


def _pad(x, padding):
    ph, pw = padding
    N, C, H, W = x.shape
    padded = np.zeros((N, C, H + 2 * ph, W + 2 * pw), dtype=x.dtype)
    padded[:, :, ph : ph + H, pw : pw + W] = x
    return padded


def conv2d_forward(x, w, b, stride=(1, 1), padding=(0, 0), dilation=(1, 1)):
    N, C = x.shape[:2]
    F = w.shape[0]
    padded = _pad(x, padding)
    rows, columns, OH, OW = _indices(padded.shape, w.shape, stride, dilation)
    cols = padded[:, :, rows, columns].reshape(N, -1, OH * OW)  # (N, C KH KW, OH OW)
    y = w.reshape(F, -1) @ cols + b.reshape(1, F, 1)
    return y.reshape(N, F, OH, OW)


def conv2d_backward(dy, x, w, stride=(1, 1), padding=(0, 0), dilation=(1, 1)):
    N, C, H, W = x.shape
    F = w.shape[0]
    padded = _pad(x, padding)
    rows, columns, OH, OW = _indices(padded.shape, w.shape, stride, dilation)
    cols = padded[:, :, rows, columns].reshape(N, -1, OH * OW)
    g = dy.reshape(N, F, OH * OW)
    db = g.sum(axis=(0, 2))
    dw = (g @ cols.transpose(0, 2, 1)).sum(axis=0).reshape(w.shape)
    dcols = (w.reshape(F, -1).T @ g).reshape(N, C, -1, OH * OW)
    dpadded = np.zeros_like(padded)
    np.add.at(dpadded, (slice(None), slice(None), rows, columns), dcols)
    ph, pw = padding
    return dpadded[:, :, ph : ph + H, pw : pw + W], dw, db

"""You count the padding once in the number of outputs: it is on both sides, so windows also reach over the lower and the right border."""

import numpy as np


def pad(x, padding, value):
    ph, pw = padding
    return np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)), constant_values=value)


def unpad(dxp, padding):
    ph, pw = padding
    return dxp[:, :, ph : dxp.shape[2] - ph, pw : dxp.shape[3] - pw]


def places(xp, kernel, stride):
    KH, KW = kernel
    SH, SW = stride
    for i, top in enumerate(range(0, xp.shape[2] - KH + 1, SH)):
        for j, left in enumerate(range(0, xp.shape[3] - KW + 1, SW)):
            yield i, j, slice(top, top + KH), slice(left, left + KW)


def empty_output(xp, kernel, stride):
    OH = (xp.shape[2] - kernel[0]) // stride[0] + 1
    OW = (xp.shape[3] - kernel[1]) // stride[1] + 1
    return np.empty((xp.shape[0], xp.shape[1], OH, OW), dtype=xp.dtype)


def max_pool_forward(x, kernel, stride, padding):
    xp = pad(x, padding, -np.inf)[:, :, : x.shape[2] + padding[0], : x.shape[3] + padding[1]]
    y = empty_output(xp, kernel, stride)
    for i, j, rows, cols in places(xp, kernel, stride):
        y[:, :, i, j] = xp[:, :, rows, cols].max(axis=(2, 3))
    return y


def max_pool_backward(dy, x, kernel, stride, padding):
    xp = pad(x, padding, -np.inf)
    dxp = np.zeros_like(xp)
    N, C = x.shape[:2]
    n, c = np.arange(N)[:, None], np.arange(C)[None, :]
    for i, j, rows, cols in places(xp, kernel, stride):
        best = xp[:, :, rows, cols].reshape(N, C, -1).argmax(axis=-1)
        r, q = best // kernel[1], best % kernel[1]
        dxp[n, c, rows.start + r, cols.start + q] += dy[:, :, i, j]
    return unpad(dxp, padding)


def avg_pool_forward(x, kernel, stride, padding):
    xp = pad(x, padding, 0)[:, :, : x.shape[2] + padding[0], : x.shape[3] + padding[1]]
    real = pad(np.ones_like(x), padding, 0)
    y = empty_output(xp, kernel, stride)
    for i, j, rows, cols in places(xp, kernel, stride):
        y[:, :, i, j] = xp[:, :, rows, cols].sum(axis=(2, 3)) / real[:, :, rows, cols].sum(axis=(2, 3))
    return y


def avg_pool_backward(dy, x, kernel, stride, padding):
    real = pad(np.ones_like(x), padding, 0)
    dxp = np.zeros_like(real)
    for i, j, rows, cols in places(dxp, kernel, stride):
        count = real[:, :, rows, cols].sum(axis=(2, 3), keepdims=True)
        dxp[:, :, rows, cols] += dy[:, :, i, j][:, :, None, None] / count
    return unpad(dxp, padding)

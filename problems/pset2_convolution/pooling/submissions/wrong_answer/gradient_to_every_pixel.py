"""You give the whole gradient of max pooling to every pixel of the window: only the largest had a say."""

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
    xp = pad(x, padding, -np.inf)
    y = empty_output(xp, kernel, stride)
    for i, j, rows, cols in places(xp, kernel, stride):
        y[:, :, i, j] = xp[:, :, rows, cols].max(axis=(2, 3))
    return y


def max_pool_backward(dy, x, kernel, stride, padding):
    xp = pad(x, padding, -np.inf)
    dxp = np.zeros_like(xp)
    for i, j, rows, cols in places(xp, kernel, stride):
        dxp[:, :, rows, cols] += dy[:, :, i, j][:, :, None, None]
    return unpad(dxp, padding)


def avg_pool_forward(x, kernel, stride, padding):
    xp = pad(x, padding, 0)
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

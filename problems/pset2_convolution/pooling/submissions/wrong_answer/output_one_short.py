"""Your output is one row and one column too small: there is one more place than there are steps between places, so 1 is added after dividing."""

import numpy as np


def output_shape(x, kernel, stride, padding):
    N, C, H, W = x.shape
    OH = (H + 2 * padding[0] - kernel[0]) // stride[0]
    OW = (W + 2 * padding[1] - kernel[1]) // stride[1]
    return N, C, OH, OW


def window(i, j, x, kernel, stride, padding):
    r0 = i * stride[0] - padding[0]
    c0 = j * stride[1] - padding[1]
    rows = slice(max(r0, 0), min(r0 + kernel[0], x.shape[2]))
    cols = slice(max(c0, 0), min(c0 + kernel[1], x.shape[3]))
    return rows, cols


def max_pool_forward(x, kernel, stride, padding):
    y = np.zeros(output_shape(x, kernel, stride, padding), dtype=x.dtype)
    for n, c, i, j in np.ndindex(*y.shape):
        rows, cols = window(i, j, x, kernel, stride, padding)
        y[n, c, i, j] = np.max(x[n, c, rows, cols])
    return y


def max_pool_backward(dy, x, kernel, stride, padding):
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(*dy.shape):
        rows, cols = window(i, j, x, kernel, stride, padding)
        patch = x[n, c, rows, cols]
        r, q = np.unravel_index(np.argmax(patch), patch.shape)
        dx[n, c, rows.start + r, cols.start + q] += dy[n, c, i, j]
    return dx


def avg_pool_forward(x, kernel, stride, padding):
    y = np.zeros(output_shape(x, kernel, stride, padding), dtype=x.dtype)
    for n, c, i, j in np.ndindex(*y.shape):
        rows, cols = window(i, j, x, kernel, stride, padding)
        y[n, c, i, j] = np.mean(x[n, c, rows, cols])
    return y


def avg_pool_backward(dy, x, kernel, stride, padding):
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(*dy.shape):
        rows, cols = window(i, j, x, kernel, stride, padding)
        dx[n, c, rows, cols] += dy[n, c, i, j] / x[n, c, rows, cols].size
    return dx

"""All windows at once as a view of the padded image; np.add.at scatters the gradients back."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def _padded(x, padding, value):
    ph, pw = padding
    return np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)), constant_values=value)


def _windows(padded, kernel, stride):
    return sliding_window_view(padded, kernel, axis=(2, 3))[:, :, :: stride[0], :: stride[1]]


def _counts(x, kernel, stride, padding):
    ones = _padded(np.ones((1, 1, *x.shape[2:]), dtype=x.dtype), padding, 0)
    return _windows(ones, kernel, stride).sum(axis=(4, 5))


def _cropped(dpadded, x, padding):
    ph, pw = padding
    return dpadded[:, :, ph : ph + x.shape[2], pw : pw + x.shape[3]].copy()


def max_pool_forward(x, kernel, stride, padding):
    return _windows(_padded(x, padding, -np.inf), kernel, stride).max(axis=(4, 5))


def max_pool_backward(dy, x, kernel, stride, padding):
    padded = _padded(x, padding, -np.inf)
    windows = _windows(padded, kernel, stride)
    winner = windows.reshape(*windows.shape[:4], -1).argmax(axis=4)
    u, v = np.unravel_index(winner, kernel)
    n, c, i, j = np.indices(winner.shape, sparse=True)
    dpadded = np.zeros_like(padded)
    np.add.at(dpadded, (n, c, i * stride[0] + u, j * stride[1] + v), dy)
    return _cropped(dpadded, x, padding)


def avg_pool_forward(x, kernel, stride, padding):
    total = _windows(_padded(x, padding, 0), kernel, stride).sum(axis=(4, 5))
    return total / _counts(x, kernel, stride, padding)


def avg_pool_backward(dy, x, kernel, stride, padding):
    share = dy / _counts(x, kernel, stride, padding)
    dpadded = np.zeros_like(_padded(x, padding, 0))
    OH, OW = dy.shape[2:]
    for u in range(kernel[0]):
        for v in range(kernel[1]):
            rows = slice(u, u + stride[0] * (OH - 1) + 1, stride[0])
            columns = slice(v, v + stride[1] * (OW - 1) + 1, stride[1])
            dpadded[:, :, rows, columns] += share
    return _cropped(dpadded, x, padding)

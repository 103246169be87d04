"""*Wrong:* kh and kw swapped (in the output size, too)"""

import numpy as np


def _windows(shape, kernel, stride, padding):
    kw, kh = kernel
    tops = range(-padding[0], shape[2] + padding[0] - kh + 1, stride[0])
    lefts = range(-padding[1], shape[3] + padding[1] - kw + 1, stride[1])
    for i, t in enumerate(tops):
        for j, l in enumerate(lefts):
            yield i, j, slice(max(t, 0), min(t + kh, shape[2])), slice(max(l, 0), min(l + kw, shape[3]))


def _empty(x, kernel, stride, padding):
    kw, kh = kernel
    oh = len(range(-padding[0], x.shape[2] + padding[0] - kh + 1, stride[0]))
    ow = len(range(-padding[1], x.shape[3] + padding[1] - kw + 1, stride[1]))
    return np.zeros(x.shape[:2] + (oh, ow), x.dtype)


def max_pool_forward(x, kernel, stride, padding):
    y = _empty(x, kernel, stride, padding)
    for i, j, r, c in _windows(x.shape, kernel, stride, padding):
        y[:, :, i, j] = np.max(x[:, :, r, c], axis=(2, 3))
    return y


def max_pool_backward(dy, x, kernel, stride, padding):
    dx = np.zeros(x.shape, dtype=x.dtype)
    images, channels = np.indices(x.shape[:2])
    for i, j, r, c in _windows(x.shape, kernel, stride, padding):
        part = x[:, :, r, c]
        winner = part.reshape(part.shape[0], part.shape[1], -1).argmax(axis=2)
        row, col = np.divmod(winner, part.shape[3])
        dx[images, channels, row + r.start, col + c.start] += dy[:, :, i, j]
    return dx


def avg_pool_forward(x, kernel, stride, padding):
    y = _empty(x, kernel, stride, padding)
    for i, j, r, c in _windows(x.shape, kernel, stride, padding):
        y[:, :, i, j] = np.mean(x[:, :, r, c], axis=(2, 3))
    return y


def avg_pool_backward(dy, x, kernel, stride, padding):
    dx = np.zeros(x.shape, dtype=x.dtype)
    for i, j, r, c in _windows(x.shape, kernel, stride, padding):
        count = (r.stop - r.start) * (c.stop - c.start)
        dx[:, :, r, c] += (dy[:, :, i, j] / count)[:, :, None, None]
    return dx

"""*Wrong:* kh and kw swapped"""

import numpy as np


def _windows(shape, kernel, stride, padding):
    kw, kh = kernel
    oh = (shape[2] + 2 * padding[0] - kernel[0]) // stride[0] + 1
    ow = (shape[3] + 2 * padding[1] - kernel[1]) // stride[1] + 1
    for i in range(oh):
        for j in range(ow):
            top, left = i * stride[0] - padding[0], j * stride[1] - padding[1]
            yield (i, j, slice(max(0, top), min(shape[2], top + kh)),
                   slice(max(0, left), min(shape[3], left + kw)))


def _empty(x, kernel, stride, padding):
    oh, ow = ((n + 2 * p - k) // s + 1 for n, k, s, p in zip(x.shape[2:], kernel, stride, padding))
    return np.empty((x.shape[0], x.shape[1], oh, ow), dtype=x.dtype)


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

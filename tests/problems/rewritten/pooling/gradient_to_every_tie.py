"""*Wrong:* gradient to every tied ... position"""

import numpy as np


def _windows(shape, kernel, stride, padding):
    """Yield (i, j, rows, columns): the part of the image below each window."""
    sizes = [(shape[2 + a] + 2 * padding[a] - kernel[a]) // stride[a] + 1 for a in (0, 1)]
    for i in range(sizes[0]):
        r = i * stride[0] - padding[0]
        for j in range(sizes[1]):
            c = j * stride[1] - padding[1]
            yield i, j, slice(max(r, 0), min(r + kernel[0], shape[2])), slice(max(c, 0), min(c + kernel[1], shape[3]))


def _empty(x, kernel, stride, padding):
    oh, ow = ((n + 2 * p - k) // s + 1 for n, k, s, p in zip(x.shape[2:], kernel, stride, padding))
    return np.empty((x.shape[0], x.shape[1], oh, ow), dtype=x.dtype)


def max_pool_forward(x, kernel, stride, padding):
    y = _empty(x, kernel, stride, padding)
    for i, j, r, c in _windows(x.shape, kernel, stride, padding):
        y[:, :, i, j] = np.max(x[:, :, r, c], axis=(2, 3))
    return y


def max_pool_backward(dy, x, kernel, stride, padding):
    dx = np.zeros_like(x)
    for i, j, r, c in _windows(x.shape, kernel, stride, padding):
        part = x[:, :, r, c]
        is_max = part == part.max(axis=(2, 3), keepdims=True)
        dx[:, :, r, c] += is_max * dy[:, :, i:i + 1, j:j + 1]
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

"""Every pixel of every window by itself, in plain Python loops."""

import numpy as np


def _size(n, k, s, p):
    return (n + 2 * p - k) // s + 1


def _pixels(shape, i, j, kernel, stride, padding):
    H, W = shape
    return [
        (r, q)
        for r in range(i * stride[0] - padding[0], i * stride[0] - padding[0] + kernel[0])
        for q in range(j * stride[1] - padding[1], j * stride[1] - padding[1] + kernel[1])
        if 0 <= r < H and 0 <= q < W
    ]


def _outputs(x, kernel, stride, padding):
    N, C, H, W = x.shape
    return N, C, _size(H, kernel[0], stride[0], padding[0]), _size(W, kernel[1], stride[1], padding[1])


def max_pool_forward(x, kernel, stride, padding):
    y = np.zeros(_outputs(x, kernel, stride, padding), dtype=x.dtype)
    for n, c, i, j in np.ndindex(*y.shape):
        y[n, c, i, j] = max(x[n, c, r, q] for r, q in _pixels(x.shape[2:], i, j, kernel, stride, padding))
    return y


def max_pool_backward(dy, x, kernel, stride, padding):
    dx = np.zeros(x.shape, dtype=x.dtype)
    for n, c, i, j in np.ndindex(*dy.shape):
        pixels = _pixels(x.shape[2:], i, j, kernel, stride, padding)
        r, q = max(pixels, key=lambda at: x[n, c, at[0], at[1]])  # max keeps the first of several
        dx[n, c, r, q] += dy[n, c, i, j]
    return dx


def avg_pool_forward(x, kernel, stride, padding):
    y = np.zeros(_outputs(x, kernel, stride, padding), dtype=x.dtype)
    for n, c, i, j in np.ndindex(*y.shape):
        pixels = _pixels(x.shape[2:], i, j, kernel, stride, padding)
        y[n, c, i, j] = sum(x[n, c, r, q] for r, q in pixels) / len(pixels)
    return y


def avg_pool_backward(dy, x, kernel, stride, padding):
    dx = np.zeros(x.shape, dtype=x.dtype)
    for n, c, i, j in np.ndindex(*dy.shape):
        pixels = _pixels(x.shape[2:], i, j, kernel, stride, padding)
        for r, q in pixels:
            dx[n, c, r, q] += dy[n, c, i, j] / len(pixels)
    return dx

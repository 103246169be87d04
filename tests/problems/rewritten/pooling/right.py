"""Max and average pooling."""

import numpy as np


def _windows(x, kernel, stride, padding):
    """For each output (i, j): the rows and the columns of the image that lie under its window."""
    H, W = x.shape[2:]
    (kh, kw), (sh, sw), (ph, pw) = kernel, stride, padding
    for i in range((H + 2 * ph - kh) // sh + 1):
        top = i * sh - ph
        rows = slice(max(top, 0), min(top + kh, H))
        for j in range((W + 2 * pw - kw) // sw + 1):
            left = j * sw - pw
            yield i, j, (slice(None), slice(None), rows, slice(max(left, 0), min(left + kw, W)))


def _empty_output(x, kernel, stride, padding):
    size = [(x.shape[2 + a] + 2 * padding[a] - kernel[a]) // stride[a] + 1 for a in (0, 1)]
    return np.zeros((*x.shape[:2], *size), dtype=x.dtype)


def max_pool_forward(x, kernel, stride, padding):
    y = _empty_output(x, kernel, stride, padding)
    for i, j, at in _windows(x, kernel, stride, padding):
        y[:, :, i, j] = x[at].max(axis=(2, 3))
    return y


def max_pool_backward(dy, x, kernel, stride, padding):
    dx = np.zeros(x.shape, dtype=x.dtype)
    N, C = x.shape[:2]
    for i, j, at in _windows(x, kernel, stride, padding):
        window = x[at]
        first = window.reshape(N, C, -1).argmax(axis=2)
        r, q = np.unravel_index(first, window.shape[2:])
        n, c = np.indices((N, C))
        dx[at][n, c, r, q] += dy[:, :, i, j]        # dx[at] is a view; no place occurs twice
    return dx


def avg_pool_forward(x, kernel, stride, padding):
    y = _empty_output(x, kernel, stride, padding)
    for i, j, at in _windows(x, kernel, stride, padding):
        y[:, :, i, j] = x[at].mean(axis=(2, 3))
    return y


def avg_pool_backward(dy, x, kernel, stride, padding):
    dx = np.zeros(x.shape, dtype=x.dtype)
    for i, j, at in _windows(x, kernel, stride, padding):
        window = dx[at]
        count = window.shape[2] * window.shape[3]
        window += dy[:, :, i, j, None, None] / count
    return dx

"""Reference solution: max pooling and average pooling, forward and backward."""

from collections.abc import Iterator

import numpy as np

Pair = tuple[int, int]
Window = tuple[slice, slice]


def _windows(x: np.ndarray, kernel: Pair, stride: Pair, padding: Pair) -> Iterator[tuple[int, int, Window]]:
    """Each output position with its window, cut off at the border of the image.

    Cutting the window is all there is to padding here: what lies outside neither wins nor counts.
    """
    height, width = x.shape[2:]
    out_height = (height + 2 * padding[0] - kernel[0]) // stride[0] + 1
    out_width = (width + 2 * padding[1] - kernel[1]) // stride[1] + 1
    for i in range(out_height):
        top = i * stride[0] - padding[0]
        for j in range(out_width):
            left = j * stride[1] - padding[1]
            rows = slice(max(top, 0), min(top + kernel[0], height))
            columns = slice(max(left, 0), min(left + kernel[1], width))
            yield i, j, (rows, columns)


def _output(x: np.ndarray, kernel: Pair, stride: Pair, padding: Pair) -> np.ndarray:
    sizes = (
        (n + 2 * p - k) // s + 1 for n, k, s, p in zip(x.shape[2:], kernel, stride, padding, strict=True)
    )
    return np.empty((*x.shape[:2], *sizes), dtype=x.dtype)


def max_pool_forward(x: np.ndarray, kernel: Pair, stride: Pair, padding: Pair) -> np.ndarray:
    y = _output(x, kernel, stride, padding)
    for i, j, (rows, columns) in _windows(x, kernel, stride, padding):
        y[:, :, i, j] = x[:, :, rows, columns].max(axis=(2, 3))
    return y


def max_pool_backward(dy: np.ndarray, x: np.ndarray, kernel: Pair, stride: Pair, padding: Pair) -> np.ndarray:
    dx = np.zeros_like(x)
    images, channels = np.ogrid[: x.shape[0], : x.shape[1]]
    for i, j, (rows, columns) in _windows(x, kernel, stride, padding):
        window = x[:, :, rows, columns]
        # argmax takes the first of several largest values, in reading order.
        winner = window.reshape(*window.shape[:2], -1).argmax(axis=2)
        row, column = np.divmod(winner, window.shape[3])
        # += because windows may overlap, and one pixel may win in several of them.
        dx[images, channels, rows.start + row, columns.start + column] += dy[:, :, i, j]
    return dx


def avg_pool_forward(x: np.ndarray, kernel: Pair, stride: Pair, padding: Pair) -> np.ndarray:
    y = _output(x, kernel, stride, padding)
    for i, j, (rows, columns) in _windows(x, kernel, stride, padding):
        y[:, :, i, j] = x[:, :, rows, columns].mean(axis=(2, 3))
    return y


def avg_pool_backward(dy: np.ndarray, x: np.ndarray, kernel: Pair, stride: Pair, padding: Pair) -> np.ndarray:
    dx = np.zeros_like(x)
    for i, j, (rows, columns) in _windows(x, kernel, stride, padding):
        count = (rows.stop - rows.start) * (columns.stop - columns.start)
        dx[:, :, rows, columns] += dy[:, :, i, j, None, None] / count
    return dx

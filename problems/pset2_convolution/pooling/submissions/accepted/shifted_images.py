"""One pass for each place in the window: the image, shifted and strided, is compared with the best so far."""

import numpy as np


def _shifts(x, kernel, stride, padding):
    """For each place in the window: the rows, the columns, and which outputs have a pixel there."""
    H, W = x.shape[2:]
    OH = (H + 2 * padding[0] - kernel[0]) // stride[0] + 1
    OW = (W + 2 * padding[1] - kernel[1]) // stride[1] + 1
    for u in range(kernel[0]):
        for v in range(kernel[1]):
            rows = np.arange(OH) * stride[0] - padding[0] + u
            columns = np.arange(OW) * stride[1] - padding[1] + v
            inside = np.outer((rows >= 0) & (rows < H), (columns >= 0) & (columns < W))
            yield np.clip(rows, 0, H - 1)[:, None], np.clip(columns, 0, W - 1)[None, :], inside


def _best(x, kernel, stride, padding):
    best, place = None, None
    for number, (rows, columns, inside) in enumerate(_shifts(x, kernel, stride, padding)):
        values = np.where(inside, x[:, :, rows, columns], -np.inf).astype(x.dtype)
        if best is None:
            best, place = values, np.zeros(values.shape, dtype=int)
        else:
            better = values > best
            best, place = np.where(better, values, best), np.where(better, number, place)
    return best, place


def _counted(x, kernel, stride, padding):
    return sum(inside.astype(x.dtype) for _, _, inside in _shifts(x, kernel, stride, padding))


def max_pool_forward(x, kernel, stride, padding):
    return _best(x, kernel, stride, padding)[0]


def max_pool_backward(dy, x, kernel, stride, padding):
    _, place = _best(x, kernel, stride, padding)
    dx = np.zeros_like(x)
    for number, (rows, columns, _) in enumerate(_shifts(x, kernel, stride, padding)):
        np.add.at(dx, (slice(None), slice(None), rows, columns), np.where(place == number, dy, 0))
    return dx


def avg_pool_forward(x, kernel, stride, padding):
    total = sum(
        np.where(inside, x[:, :, rows, columns], 0)
        for rows, columns, inside in _shifts(x, kernel, stride, padding)
    )
    return total / _counted(x, kernel, stride, padding)


def avg_pool_backward(dy, x, kernel, stride, padding):
    share = dy / _counted(x, kernel, stride, padding)
    dx = np.zeros_like(x)
    for rows, columns, inside in _shifts(x, kernel, stride, padding):
        np.add.at(dx, (slice(None), slice(None), rows, columns), np.where(inside, share, 0))
    return dx

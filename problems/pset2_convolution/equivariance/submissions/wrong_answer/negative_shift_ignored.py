"""You do nothing for negative numbers: they move up and to the left."""

import numpy as np


def correlate(x, w):
    size = w.shape[-1]
    around = size // 2
    padded = np.pad(x, ((0, 0), (around, around), (around, around)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (size, size), axis=(1, 2))
    return np.einsum("chwuv,fcuv->fhw", windows, w)


def shift(x, rows, columns):
    channels, height, width = x.shape
    down = np.eye(height, k=-max(rows, 0), dtype=x.dtype)
    right = np.eye(width, k=max(columns, 0), dtype=x.dtype)
    return down @ x @ right


def translation_error(function, x, rows, columns, margin):
    one = function(shift(x, rows, columns))
    other = shift(function(x), rows, columns)
    i, j = np.indices(one.shape[1:])
    height, width = i.shape
    inside = (i >= margin) & (i < height - margin) & (j >= margin) & (j < width - margin)
    return float(np.abs(one - other)[:, inside].max())


def quarter(picture, times):
    """Counter-clockwise quarter turns of the last two axes: columns become rows, the last one first."""
    for _ in range(times):
        picture = np.swapaxes(picture, -2, -1)[..., ::-1, :]
    return picture


def turn(y):
    return np.stack([quarter(y[r - 1], 1) for r in range(4)])


def lift(x, w):
    # A filter turned one way sees what the filter sees in a picture turned the other way.
    return np.stack([quarter(correlate(quarter(x, (4 - r) % 4), w), r) for r in range(4)])


def group_correlate(y, w):
    def still(features):
        return sum(correlate(features[s], w[:, s]) for s in range(4))

    outputs = []
    for r in range(4):
        back = [quarter(y[(s + r) % 4], (4 - r) % 4) for s in range(4)]
        outputs.append(quarter(still(back), r))
    return np.stack(outputs)


def pool(y):
    return np.maximum(np.maximum(y[0], y[1]), np.maximum(y[2], y[3]))

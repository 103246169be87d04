"""You turn the picture under the filter and leave the result turned: turn it back."""

import numpy as np


def correlate(x, w):
    height, width = x.shape[1:]
    reach = w.shape[2] // 2
    result = np.zeros((len(w), height, width), dtype=x.dtype)
    for u in range(-reach, reach + 1):
        for v in range(-reach, reach + 1):
            seen = shift(x, -u, -v)
            result += np.einsum("fc,chw->fhw", w[:, :, u + reach, v + reach], seen)
    return result


def shift(x, rows, columns):
    channels, height, width = x.shape
    down = np.eye(height, k=-rows, dtype=x.dtype)
    right = np.eye(width, k=columns, dtype=x.dtype)
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
    half = [correlate(x, w), correlate(quarter(x, 2), w)]
    other = [correlate(x, quarter(w, 1)), correlate(quarter(x, 2), quarter(w, 1))]
    return np.stack([half[0], other[0], half[1], other[1]])


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

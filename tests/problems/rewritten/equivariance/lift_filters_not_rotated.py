"""*Wrong:* filters not rotated"""

import numpy as np


def correlate(x, w):
    k = w.shape[-1]
    m = k // 2
    height, width = x.shape[1:]
    room = np.zeros((x.shape[0], height + 2 * m, width + 2 * m), dtype=x.dtype)
    room[:, m:m + height, m:m + width] = x
    out = np.zeros((w.shape[0], height, width), dtype=x.dtype)
    for u in range(k):
        for v in range(k):
            out += np.einsum("chw,fc->fhw", room[:, u:u + height, v:v + width], w[:, :, u, v])
    return out


def shift(x, rows, columns):
    out = np.zeros_like(x)
    _, H, W = x.shape
    out[:, max(rows, 0):H + min(rows, 0), max(columns, 0):W + min(columns, 0)] = x[
        :, max(-rows, 0):H + min(-rows, 0), max(-columns, 0):W + min(-columns, 0)
    ]
    return out


def translation_error(function, x, rows, columns, margin):
    gap = np.abs(function(shift(x, rows, columns)) - shift(function(x), rows, columns))
    inner = gap[:, margin:gap.shape[1] - margin, margin:gap.shape[2] - margin]
    return float(inner.max())


def _turned(a, times):
    return np.rot90(a, times, axes=(-2, -1))


def turn(y):
    return np.stack([_turned(y[(r - 1) % 4], 1) for r in range(4)])


def lift(x, w):
    once = correlate(x, w)
    return np.repeat(once[None], 4, axis=0)


def group_correlate(y, w):
    result = []
    for r in range(4):
        result.append(sum(correlate(y[s], _turned(w[:, (s - r) % 4], r)) for s in range(4)))
    return np.stack(result)


def pool(y):
    return y.max(axis=0)

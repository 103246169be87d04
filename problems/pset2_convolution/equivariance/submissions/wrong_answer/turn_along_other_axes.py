"""Your turn turns along the wrong axes: np.rot90 takes the first two unless it is told, and a plane's rows and columns are the last two."""

import numpy as np


def correlate(x, w):
    C, H, W = x.shape
    F, _, K, _ = w.shape
    p = K // 2
    padded = np.zeros((C, H + 2 * p, W + 2 * p), dtype=x.dtype)
    padded[:, p : p + H, p : p + W] = x
    out = np.zeros((F, H, W), dtype=x.dtype)
    for i in range(H):
        for j in range(W):
            window = padded[:, i : i + K, j : j + K]
            for f in range(F):
                out[f, i, j] = np.sum(window * w[f])
    return out


def shift(x, rows, columns):
    C, H, W = x.shape
    out = np.zeros_like(x)
    for i in range(H):
        for j in range(W):
            if 0 <= i - rows < H and 0 <= j - columns < W:
                out[:, i, j] = x[:, i - rows, j - columns]
    return out


def translation_error(function, x, rows, columns, margin):
    moved_first = function(shift(x, rows, columns))
    moved_last = shift(function(x), rows, columns)
    H, W = moved_last.shape[1:]
    worst = 0.0
    for i in range(margin, H - margin):
        for j in range(margin, W - margin):
            worst = max(worst, float(np.max(np.abs(moved_first[:, i, j] - moved_last[:, i, j]))))
    return worst


def turn(y):
    out = []
    for r in range(4):
        out.append(np.rot90(y[(r - 1) % 4], 1))
    return np.stack(out)


def lift(x, w):
    out = []
    for r in range(4):
        out.append(correlate(x, np.rot90(w, r, axes=(2, 3))))
    return np.stack(out)


def group_correlate(y, w):
    out = []
    for r in range(4):
        total = 0
        for s in range(4):
            filters = np.rot90(w[:, (s - r) % 4], r, axes=(2, 3))
            total = total + correlate(y[s], filters)
        out.append(total)
    return np.stack(out)


def pool(y):
    return np.max(y, axis=0)

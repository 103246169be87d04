import numpy as np


def correlate(x, w):
    f, c, k, _ = w.shape
    h, wd = x.shape[-2:]
    p = (k - 1) // 2
    big = np.zeros((c, h + 2 * p, wd + 2 * p), x.dtype)
    big[:, p:p + h, p:p + wd] = x
    windows = np.lib.stride_tricks.sliding_window_view(big, (k, k), axis=(1, 2))
    return np.einsum("cijuv,fcuv->fij", windows, w)


def shift(x, rows, columns):
    moved = np.roll(x, (rows, columns), axis=(1, 2))
    # np.roll goes round, so wipe out what came in from the other side
    if rows > 0:
        moved[:, :rows] = 0
    elif rows < 0:
        moved[:, rows:] = 0
    if columns > 0:
        moved[:, :, :columns] = 0
    elif columns < 0:
        moved[:, :, columns:] = 0
    return moved


def translation_error(function, x, rows, columns, margin):
    a = function(shift(x, rows, columns))
    b = shift(function(x), rows, columns)
    worst = 0.0
    _, h, w = a.shape
    for i in range(margin, h - margin):
        for j in range(margin, w - margin):
            worst = max(worst, float(np.abs(a[:, i, j] - b[:, i, j]).max()))
    return worst


def quarter(a):
    """One quarter turn counter-clockwise: columns become rows, the last column comes on top."""
    return np.swapaxes(a, -1, -2)[..., ::-1, :]


def turn(y):
    out = np.empty((4, y.shape[1], y.shape[3], y.shape[2]), y.dtype)
    for r in range(4):
        out[(r + 1) % 4] = quarter(y[r])
    return out


def lift(x, w):
    standing = w.swapaxes(-1, -2)
    four = [w, standing, w[..., ::-1, ::-1], standing[..., ::-1, ::-1]]
    return np.array([correlate(x, f) for f in four])


def group_correlate(y, w):
    # turn the whole filter as a feature, once for each r, and treat (s, c) as channels
    n, c, h, wd = y.shape
    flat = y.reshape(4 * c, h, wd)
    result = []
    for r in range(4):
        result.append(correlate(flat, w.reshape(w.shape[0], 4 * c, *w.shape[-2:])))
        w = np.roll(quarter(w), 1, axis=1)
    return np.array(result)


def pool(y):
    return np.maximum(np.maximum(y[0], y[1]), np.maximum(y[2], y[3]))

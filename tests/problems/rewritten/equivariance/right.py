"""Translation equivariance and the group of quarter turns."""

import numpy as np


def correlate(x, w):
    C, H, W = x.shape
    F, _, K, _ = w.shape
    m = K // 2
    padded = np.pad(x, ((0, 0), (m, m), (m, m)))
    out = np.zeros((F, H, W), dtype=x.dtype)
    for u in range(K):
        for v in range(K):
            out += np.tensordot(w[:, :, u, v], padded[:, u:u + H, v:v + W], axes=1)
    return out


def shift(x, rows, columns):
    C, H, W = x.shape
    out = np.zeros_like(x)
    out[:, max(rows, 0):H + min(rows, 0), max(columns, 0):W + min(columns, 0)] = \
        x[:, max(-rows, 0):H - max(rows, 0), max(-columns, 0):W - max(columns, 0)]
    return out


def translation_error(function, x, rows, columns, margin):
    before = function(shift(x, rows, columns))
    after = shift(function(x), rows, columns)
    H, W = x.shape[1:]
    inner = np.abs(before - after)[:, margin:H - margin, margin:W - margin]
    return float(inner.max())


def _rot(a, times):
    """Counter-clockwise, in the last two axes."""
    return np.rot90(a, times, axes=(-2, -1))


def turn(y):
    return np.stack([_rot(y[r - 1], 1) for r in range(4)])


def lift(x, w):
    return np.stack([correlate(x, _rot(w, r)) for r in range(4)])


def group_correlate(y, w):
    planes = []
    for r in range(4):
        z = 0
        for s in range(4):
            z = z + correlate(y[s], _rot(w[:, (s - r) % 4], r))
        planes.append(z)
    return np.stack(planes)


def pool(y):
    return y.max(axis=0)

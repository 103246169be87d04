"""You do not have (K - 1)/2 rows of zeros above and below the picture and as many columns left and right: all four sides get them."""

import numpy as np


def correlate(x, w):
    size = w.shape[-1]
    around = size // 2
    rows = np.pad(x, ((0, 0), (around, around), (0, 0)))
    padded = np.pad(rows, ((0, 0), (0, 0), (around, around)), mode="wrap")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (size, size), axis=(1, 2))
    return np.einsum("chwuv,fcuv->fhw", windows, w)


def shift(x, rows, columns):
    height, width = x.shape[1:]
    moved = np.zeros_like(x)
    into = np.s_[:, max(rows, 0) : height + min(rows, 0), max(columns, 0) : width + min(columns, 0)]
    out_of = np.s_[:, max(-rows, 0) : height + min(-rows, 0), max(-columns, 0) : width + min(-columns, 0)]
    moved[into] = x[out_of]
    return moved


def translation_error(function, x, rows, columns, margin):
    gap = np.abs(function(shift(x, rows, columns)) - shift(function(x), rows, columns))
    inside = gap[:, margin : gap.shape[1] - margin, margin : gap.shape[2] - margin]
    return inside.max()


def turn(y):
    return np.rot90(y[[3, 0, 1, 2]], axes=(2, 3))


def lift(x, w):
    turned = np.concatenate([np.rot90(w, r, axes=(2, 3)) for r in range(4)])
    return correlate(x, turned).reshape(4, len(w), *x.shape[1:])


def group_correlate(y, w):
    filters, _, channels, size, _ = w.shape
    bank = [np.roll(np.rot90(w, r, axes=(3, 4)), r, axis=1) for r in range(4)]
    flat = np.stack(bank).reshape(4 * filters, 4 * channels, size, size)
    return correlate(y.reshape(4 * channels, *y.shape[2:]), flat).reshape(4, filters, *y.shape[2:])


def pool(y):
    return y.max(0)

import numpy as np


def tables(x, kernel, stride, padding):
    """Rows (OH, 1, KH, 1) and columns (1, OW, 1, KW) in the padded image of every window's pixels."""
    out = []
    for axis in (0, 1):
        k, s, p, n = kernel[axis], stride[axis], padding[axis], x.shape[2 + axis]
        m = (n + 2 * p - k) // s + 1
        out.append(s * np.arange(m)[:, None] + np.arange(k)[None, :])
    rows, cols = out
    return rows[:, None, :, None], cols[None, :, None, :]


def surround(x, padding, value):
    ph, pw = padding
    return np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)), constant_values=value)


def crop(a, x, padding):
    ph, pw = padding
    return a[:, :, ph : ph + x.shape[2], pw : pw + x.shape[3]]


def counts(x, kernel, stride, padding):
    """How many real pixels each window has, (OH, OW)."""
    r, c = tables(x, kernel, stride, padding)
    real = surround(np.ones((1, 1) + x.shape[2:], dtype=x.dtype), padding, 0)
    return real[0, 0][r, c].sum(axis=(2, 3))


def max_pool_forward(x, kernel, stride, padding):
    r, c = tables(x, kernel, stride, padding)
    return surround(x, padding, -np.inf)[:, :, r, c].max(axis=(4, 5))


def max_pool_backward(dy, x, kernel, stride, padding):
    r, c = tables(x, kernel, stride, padding)
    xp = surround(x, padding, -np.inf)
    windows = xp[:, :, r, c]
    N, C, OH, OW, KH, KW = windows.shape
    winner = windows.reshape(N, C, OH, OW, KH * KW).argmax(axis=-1)
    i, j = np.arange(OH)[:, None], np.arange(OW)[None, :]
    rows = stride[0] * i + winner // KW
    cols = stride[1] * j + winner % KW
    n, ch = np.arange(N)[:, None, None, None], np.arange(C)[None, :, None, None]
    dxp = np.zeros(xp.shape, dtype=x.dtype)
    dxp[n, ch, rows, cols] += dy
    return crop(dxp, x, padding)


def avg_pool_forward(x, kernel, stride, padding):
    r, c = tables(x, kernel, stride, padding)
    total = surround(x, padding, 0)[:, :, r, c].sum(axis=(4, 5))
    return total / counts(x, kernel, stride, padding)


def avg_pool_backward(dy, x, kernel, stride, padding):
    r, c = tables(x, kernel, stride, padding)
    share = dy / counts(x, kernel, stride, padding)
    dxp = np.zeros_like(surround(x, padding, 0))
    dxp[:, :, r, c] += share[..., None, None]
    return crop(dxp, x, padding)

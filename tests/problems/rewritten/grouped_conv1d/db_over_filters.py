"""*Wrong:* db over the wrong axes"""

import numpy as np


def _grouped(x, w, padding, groups):
    n, c, length = x.shape
    xp = np.zeros((n, c, length + 2 * padding), dtype=x.dtype)
    xp[:, :, padding:padding + length] = x
    return xp.reshape(n, groups, c // groups, -1), w.reshape(groups, w.shape[0] // groups, w.shape[1], w.shape[2])


def _size(length, taps, stride, padding, dilation):
    return (length + 2 * padding - dilation * (taps - 1) - 1) // stride + 1


def conv1d_forward(x, w, b, stride=1, padding=0, dilation=1, groups=1):
    xg, wg = _grouped(x, w, padding, groups)
    m = _size(x.shape[2], w.shape[2], stride, padding, dilation)
    y = np.zeros((x.shape[0], groups, w.shape[0] // groups, m), dtype=x.dtype)
    for k in range(w.shape[2]):
        at = k * dilation + stride * np.arange(m)
        y += np.einsum("ngcm,gfc->ngfm", xg[..., at], wg[..., k])
    return y.reshape(x.shape[0], w.shape[0], m) + b[:, None]


def conv1d_backward(dy, x, w, stride=1, padding=0, dilation=1, groups=1):
    xg, wg = _grouped(x, w, padding, groups)
    n, f, m = dy.shape
    g = dy.reshape(n, groups, f // groups, m)
    dxg, dwg = np.zeros_like(xg), np.empty_like(wg)
    for k in range(w.shape[2]):
        s = slice(k * dilation, k * dilation + stride * (m - 1) + 1, stride)
        dxg[..., s] += np.einsum("ngfm,gfc->ngcm", g, wg[..., k])
        dwg[..., k] = np.einsum("ngfm,ngcm->gfc", g, xg[..., s])
    db = dy.sum(axis=(0, 1))
    return dxg.reshape(n, x.shape[1], -1)[..., padding:padding + x.shape[2]], dwg.reshape(w.shape), db

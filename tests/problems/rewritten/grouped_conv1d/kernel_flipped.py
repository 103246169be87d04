"""*Wrong:* kernel flipped"""

import numpy as np


def _grouped(x, w, padding, groups):
    n, c, length = x.shape
    xp = np.zeros((n, c, length + 2 * padding), dtype=x.dtype)
    xp[:, :, padding:padding + length] = x
    return xp.reshape(n, groups, c // groups, -1), w.reshape(groups, w.shape[0] // groups, w.shape[1], w.shape[2])


def _size(length, taps, stride, padding, dilation):
    return (length + 2 * padding - dilation * (taps - 1) - 1) // stride + 1


def conv1d_forward(x, w, b, stride=1, padding=0, dilation=1, groups=1):
    xp = np.pad(x, ((0, 0), (0, 0), (padding, padding)))
    F, cg, K = w.shape
    M = _size(x.shape[2], K, stride, padding, dilation)
    y = np.empty((x.shape[0], F, M), dtype=x.dtype)
    for f in range(F):
        g = f // (F // groups)
        kernel = w[f, :, ::-1]
        for m in range(M):
            window = xp[:, g * cg:(g + 1) * cg, m * stride:m * stride + dilation * (K - 1) + 1:dilation]
            y[:, f, m] = np.tensordot(window, kernel, axes=2) + b[f]
    return y


def conv1d_backward(dy, x, w, stride=1, padding=0, dilation=1, groups=1):
    xg, wg = _grouped(x, w, padding, groups)
    n, f, m = dy.shape
    g = dy.reshape(n, groups, f // groups, m)
    dxg, dwg = np.zeros_like(xg), np.zeros(wg.shape, dtype=w.dtype)
    for k in range(w.shape[2]):
        at = k * dilation + stride * np.arange(m)
        dxg[..., at] += np.einsum("ngfm,gfc->ngcm", g, wg[..., k])
        dwg[..., k] = np.einsum("ngfm,ngcm->gfc", g, xg[..., at])
    dx = dxg.reshape(n, x.shape[1], -1)[:, :, padding:padding + x.shape[2]]
    return dx, dwg.reshape(w.shape), dy.sum(axis=(0, 2))

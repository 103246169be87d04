"""*Wrong:* stride ignored (in dw)"""

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
    F, cg, K = w.shape
    xp = np.pad(x, ((0, 0), (0, 0), (padding, padding)))
    dxp, dw = np.zeros_like(xp), np.zeros_like(w)
    for f in range(F):
        lo = f // (F // groups) * cg
        for m in range(dy.shape[2]):
            g = dy[:, f, m]
            for k in range(K):
                dxp[:, lo:lo + cg, stride * m + dilation * k] += np.outer(g, w[f, :, k])
                dw[f, :, k] += g @ xp[:, lo:lo + cg, m + dilation * k]
    return dxp[:, :, padding:xp.shape[2] - padding], dw, dy.sum(axis=(0, 2))

"""*Wrong:* output size off by one (a window that reaches over the end is counted)"""

import numpy as np


def _grouped(x, w, padding, groups):
    n, c, length = x.shape
    xp = np.zeros((n, c, length + 2 * padding), dtype=x.dtype)
    xp[:, :, padding:padding + length] = x
    return xp.reshape(n, groups, c // groups, -1), w.reshape(groups, w.shape[0] // groups, w.shape[1], w.shape[2])


def _size(length, taps, stride, padding, dilation):
    return (length + 2 * padding - dilation * (taps - 1) - 1) // stride + 1


def conv1d_forward(x, w, b, stride=1, padding=0, dilation=1, groups=1):
    reach = dilation * (w.shape[2] - 1) + 1
    free = x.shape[2] + 2 * padding - reach
    m = (free + stride - 1) // stride + 1
    xp = np.pad(x, ((0, 0), (0, 0), (padding, padding + stride)))
    cg, fg = w.shape[1], w.shape[0] // groups
    parts = []
    for g in range(groups):
        team = xp[:, g * cg:(g + 1) * cg]
        cols = np.stack([team[:, :, s * stride:s * stride + reach:dilation] for s in range(m)], axis=1)
        parts.append(np.einsum("nmck,fck->nfm", cols, w[g * fg:(g + 1) * fg]))
    return np.concatenate(parts, axis=1) + b[:, None]


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

"""*Wrong:* padding not cropped"""

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
    xp = np.pad(x, ((0, 0), (0, 0), (padding, padding)))
    cg, fg = w.shape[1], w.shape[0] // groups
    dx, dw = np.zeros(xp.shape, x.dtype), np.zeros(w.shape, w.dtype)
    for g in range(groups):
        cs, fs = slice(g * cg, g * cg + cg), slice(g * fg, g * fg + fg)
        for m in range(dy.shape[2]):
            at = slice(stride * m, stride * m + dilation * (w.shape[2] - 1) + 1, dilation)
            dx[:, cs, at] += np.einsum("nf,fck->nck", dy[:, fs, m], w[fs])
            dw[fs] += np.einsum("nf,nck->fck", dy[:, fs, m], xp[:, cs, at])
    return dx, dw, dy.sum(axis=(0, 2))

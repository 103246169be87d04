"""*Wrong:* pads one side"""

import numpy as np


def _grouped(x, w, padding, groups):
    n, c, length = x.shape
    xp = np.concatenate([np.zeros((n, c, 2 * padding), dtype=x.dtype), x], axis=2)
    return xp.reshape(n, groups, c // groups, -1), w.reshape(groups, -1, *w.shape[1:])


def conv1d_backward(dy, x, w, stride=1, padding=0, dilation=1, groups=1):
    xg, wg = _grouped(x, w, padding, groups)
    n, f, m = dy.shape
    dyg = dy.reshape(n, groups, -1, m)
    dxg, dwg = np.zeros_like(xg), np.zeros_like(wg)
    for k in range(w.shape[2]):
        part = slice(k * dilation, k * dilation + stride * (m - 1) + 1, stride)
        dxg[..., part] += np.einsum("ngfm,gfc->ngcm", dyg, wg[..., k])
        dwg[..., k] = np.einsum("ngfm,ngcm->gfc", dyg, xg[..., part])
    return dxg.reshape(n, x.shape[1], -1)[..., 2 * padding:], dwg.reshape(w.shape), dy.sum((0, 2))


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



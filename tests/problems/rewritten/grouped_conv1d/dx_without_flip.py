"""*Wrong:* no flip in dx"""

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


def _full(dy, w, stride, dilation, length, groups):
    """Full convolution of the spread gradient with the kernels."""
    n, f, m = dy.shape
    taps = w.shape[2]
    edge = dilation * (taps - 1)
    spread = np.zeros((n, f, length + edge), dtype=dy.dtype)
    spread[:, :, edge:edge + stride * (m - 1) + 1:stride] = dy
    g = spread.reshape(n, groups, f // groups, -1)
    wg = w.reshape(groups, f // groups, w.shape[1], taps)
    out = 0
    for k in range(taps):
        out = out + np.einsum("ngfl,gfc->ngcl", g[..., k * dilation:k * dilation + length], wg[..., k])
    return out.reshape(n, -1, length)


def conv1d_backward(dy, x, w, stride=1, padding=0, dilation=1, groups=1):
    xg, _ = _grouped(x, w, padding, groups)
    n, f, m = dy.shape
    index = stride * np.arange(m)[:, None] + dilation * np.arange(w.shape[2])[None, :]
    dw = np.einsum("ngfm,ngcmk->gfck", dy.reshape(n, groups, -1, m), xg[..., index]).reshape(w.shape)
    dx = _full(dy, w, stride, dilation, x.shape[2] + 2 * padding, groups)
    return dx[:, :, padding:padding + x.shape[2]], dw, np.sum(dy, axis=(0, 2))

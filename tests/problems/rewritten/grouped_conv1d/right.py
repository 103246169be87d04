"""One-dimensional convolution with groups."""

import numpy as np


def _split(a, groups):
    """(N, C, L) -> (N, G, C / G, L); neighbours stay together."""
    return a.reshape(a.shape[0], groups, a.shape[1] // groups, a.shape[2])


def conv1d_forward(x, w, b, stride=1, padding=0, dilation=1, groups=1):
    N, C, L = x.shape
    F, _, K = w.shape
    M = (L + 2 * padding - dilation * (K - 1) - 1) // stride + 1
    xp = _split(np.pad(x, ((0, 0), (0, 0), (padding, padding))), groups)
    wg = w.reshape(groups, F // groups, C // groups, K)
    y = np.zeros((N, groups, F // groups, M), dtype=x.dtype)
    for k in range(K):
        seen = xp[..., dilation * k : dilation * k + stride * (M - 1) + 1 : stride]
        y += np.einsum("ngcm,gfc->ngfm", seen, wg[..., k])
    return y.reshape(N, F, M) + b[:, None]


def conv1d_backward(dy, x, w, stride=1, padding=0, dilation=1, groups=1):
    N, C, L = x.shape
    F, _, K = w.shape
    M = dy.shape[2]
    xp = _split(np.pad(x, ((0, 0), (0, 0), (padding, padding))), groups)
    wg = w.reshape(groups, F // groups, C // groups, K)
    dyg = _split(dy, groups)
    dxp = np.zeros(xp.shape, dtype=x.dtype)
    dwg = np.zeros(wg.shape, dtype=x.dtype)
    for k in range(K):
        taps = slice(dilation * k, dilation * k + stride * (M - 1) + 1, stride)
        dxp[..., taps] += np.einsum("ngfm,gfc->ngcm", dyg, wg[..., k])
        dwg[..., k] = np.einsum("ngfm,ngcm->gfc", dyg, xp[..., taps])
    dx = dxp.reshape(N, C, L + 2 * padding)[:, :, padding : padding + L].copy()
    return dx, dwg.reshape(w.shape), dy.sum(axis=(0, 2))

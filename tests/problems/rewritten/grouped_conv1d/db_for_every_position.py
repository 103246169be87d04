import numpy as np


def conv1d_forward(x, w, b, stride=1, padding=0, dilation=1, groups=1):
    N, C, L = x.shape
    F, Cg, K = w.shape
    per_group = F // groups
    M = (L + 2 * padding - dilation * (K - 1) - 1) // stride + 1
    xp = np.zeros((N, C, L + 2 * padding), dtype=x.dtype)
    xp[:, :, padding : padding + L] = x
    y = np.zeros((N, F, M), dtype=x.dtype)
    for f in range(F):
        first = (f // per_group) * Cg
        for m in range(M):
            start = m * stride
            window = xp[:, first : first + Cg, start : start + dilation * (K - 1) + 1 : dilation]
            y[:, f, m] = np.sum(window * w[f], axis=(1, 2)) + b[f]
    return y


def conv1d_backward(dy, x, w, stride=1, padding=0, dilation=1, groups=1):
    N, C, L = x.shape
    F, Cg, K = w.shape
    per_group = F // groups
    xp = np.zeros((N, C, L + 2 * padding), dtype=x.dtype)
    xp[:, :, padding : padding + L] = x
    dxp = np.zeros_like(xp)
    dw = np.zeros(w.shape, dtype=x.dtype)
    for f in range(F):
        first = (f // per_group) * Cg
        for m in range(dy.shape[2]):
            start = m * stride
            at = (slice(None), slice(first, first + Cg), slice(start, start + dilation * (K - 1) + 1, dilation))
            g = dy[:, f, m][:, None, None]
            dxp[at] += g * w[f]
            dw[f] += (g * xp[at]).sum(axis=0)
    db = dy.sum(axis=0).sum(axis=0)
    return dxp[:, :, padding : padding + L], dw, db

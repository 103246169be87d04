"""Your backward pass does not go back through a padding with zeros at both ends: pad x for dw with zeros at both ends, and cut dx at both."""

import numpy as np


def conv1d_forward(x, w, b, stride=1, padding=0, dilation=1, groups=1):
    N, C, L = x.shape
    F, cin, K = w.shape
    fout = F // groups
    xp = np.zeros((N, C, L + 2 * padding), dtype=x.dtype)
    xp[:, :, padding : padding + L] = x
    M = (L + 2 * padding - dilation * (K - 1) - 1) // stride + 1
    y = np.zeros((N, F, M), dtype=x.dtype)
    for f in range(F):
        g = f // fout
        for m in range(M):
            for k in range(K):
                for c in range(cin):
                    y[:, f, m] += w[f, c, k] * xp[:, g * cin + c, stride * m + dilation * k]
            y[:, f, m] += b[f]
    return y


def conv1d_backward(dy, x, w, stride=1, padding=0, dilation=1, groups=1):
    N, C, L = x.shape
    F, cin, K = w.shape
    fout = F // groups
    xp = np.zeros((N, C, L + 2 * padding), dtype=x.dtype)
    xp[:, :, 2 * padding :] = x
    dxp = np.zeros_like(xp)
    dw = np.zeros(w.shape, dtype=w.dtype)
    for f in range(F):
        g = f // fout
        for m in range(dy.shape[2]):
            for k in range(K):
                for c in range(cin):
                    at = stride * m + dilation * k
                    dw[f, c, k] += np.sum(dy[:, f, m] * xp[:, g * cin + c, at])
                    dxp[:, g * cin + c, at] += dy[:, f, m] * w[f, c, k]
    db = dy.sum(axis=(0, 2))
    return dxp[:, :, 2 * padding :], dw, db

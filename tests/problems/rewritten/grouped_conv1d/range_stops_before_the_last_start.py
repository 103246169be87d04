import numpy as np


def conv1d_forward(x, w, b, stride=1, padding=0, dilation=1, groups=1):
    N, C, L = x.shape
    F, Cg, K = w.shape
    span = dilation * (K - 1) + 1
    starts = list(range(0, L + 2 * padding - span, stride))
    xp = np.pad(x, ((0, 0), (0, 0), (padding, padding)))
    xg = xp.reshape(N, groups, Cg, -1)
    wg = w.reshape(groups, F // groups, Cg, K)
    y = np.zeros((N, F, len(starts)), dtype=x.dtype)
    for m, s in enumerate(starts):
        window = xg[:, :, :, s : s + span : dilation]
        y[:, :, m] = np.einsum("ngck,gfck->ngf", window, wg).reshape(N, F)
    return y + b[:, None]


def conv1d_backward(dy, x, w, stride=1, padding=0, dilation=1, groups=1):
    N, C, L = x.shape
    F, Cg, K = w.shape
    per_group = F // groups
    xp = np.zeros((N, C, L + 2 * padding), dtype=x.dtype)
    xp[:, :, padding : padding + L] = x
    dxp = np.zeros_like(xp)
    dw = np.zeros(w.shape, dtype=x.dtype)
    db = np.zeros(F, dtype=x.dtype)
    for f in range(F):
        first = (f // per_group) * Cg
        db[f] = dy[:, f].sum()
        for m in range(dy.shape[2]):
            start = m * stride
            at = (slice(None), slice(first, first + Cg), slice(start, start + dilation * (K - 1) + 1, dilation))
            g = dy[:, f, m][:, None, None]
            dxp[at] += g * w[f]
            dw[f] += (g * xp[at]).sum(axis=0)
    return dxp[:, :, padding : padding + L], dw, db

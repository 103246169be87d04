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
    M = dy.shape[2]
    Lp, reach = L + 2 * padding, dilation * (K - 1)
    dyg = dy.reshape(N, groups, F // groups, M)
    wg = w.reshape(groups, F // groups, Cg, K)

    # zeros between the entries of dy, and around them
    wide = np.zeros((N, groups, F // groups, Lp + reach), dtype=x.dtype)
    wide[..., reach : reach + stride * (M - 1) + 1 : stride] = dyg
    dxp = np.zeros((N, groups, Cg, Lp), dtype=x.dtype)
    for k in range(K):
        dxp += np.einsum("ngfl,gfc->ngcl", wide[..., dilation * k : dilation * k + Lp], wg[..., k])
    dx = dxp.reshape(N, C, Lp)[:, :, padding : padding + L]

    xp = np.pad(x, ((0, 0), (0, 0), (padding, padding))).reshape(N, groups, Cg, Lp)
    dw = np.zeros(wg.shape, dtype=x.dtype)
    for k in range(K):
        seen = xp[..., dilation * k : dilation * k + stride * (M - 1) + 1 : stride]
        dw[..., k] = np.einsum("ngfm,ngcm->gfc", dyg, seen)
    return dx, dw.reshape(w.shape), dy.sum(axis=(0, 2))

import numpy as np


def positions(L, K, stride, padding, dilation):
    """(M, K): where in the padded signal each tap of each window lies."""
    M = (L + 2 * padding - dilation * (K - 1) - 1) // stride + 1
    return stride * np.arange(M)[:, None] + dilation * np.arange(K)[None, :]


def padded(x, p):
    return np.pad(x, ((0, 0), (0, 0), (p, p)), mode="edge")


def conv1d_forward(x, w, b, stride=1, padding=0, dilation=1, groups=1):
    where = positions(x.shape[2], w.shape[2], stride, padding, dilation)
    parts = []
    for xg, wg in zip(np.split(x, groups, axis=1), np.split(w, groups, axis=0)):
        windows = padded(xg, padding)[:, :, where]            # (N, C/G, M, K)
        parts.append(np.einsum("ncmk,fck->nfm", windows, wg))
    return np.concatenate(parts, axis=1) + b[None, :, None]


def conv1d_backward(dy, x, w, stride=1, padding=0, dilation=1, groups=1):
    where = positions(x.shape[2], w.shape[2], stride, padding, dilation)
    dxs, dws = [], []
    for dyg, xg, wg in zip(np.split(dy, groups, axis=1), np.split(x, groups, axis=1), np.split(w, groups, axis=0)):
        xp = padded(xg, padding)
        dws.append(np.einsum("nfm,ncmk->fck", dyg, xp[:, :, where]))
        dxp = np.zeros(xp.shape, dtype=x.dtype)
        np.add.at(dxp, (slice(None), slice(None), where), np.einsum("nfm,fck->ncmk", dyg, wg))
        dxs.append(dxp[:, :, padding : padding + x.shape[2]])
    db = dy.sum(axis=(0, 2))
    return np.concatenate(dxs, axis=1), np.concatenate(dws, axis=0), db

"""*Wrong:* no 1/sqrt(d_k)"""

import math

import numpy as np


def causal_mask(queries, keys):
    first = keys - queries
    return np.array([[j <= first + i for j in range(keys)] for i in range(queries)], dtype=bool)


def padding_mask(lengths, keys):
    position = np.arange(keys)
    return position[None, None, :] < np.asarray(lengths)[:, None, None]


def _weights(q, k, mask):
    s = q @ k.swapaxes(-2, -1)
    ok = np.broadcast_to(True if mask is None else mask, s.shape)
    biased = np.where(ok, s, -np.inf)
    row_max = biased.max(axis=-1, keepdims=True)
    row_max[np.isneginf(row_max)] = 0
    p = np.exp(biased - row_max)
    z = p.sum(axis=-1, keepdims=True)
    z[z == 0] = 1
    return p / z


def attention(q, k, v, mask=None):
    weights = _weights(q, k, mask)
    return np.einsum("...ij,...jf->...if", weights, v), weights


def attention_backward(doutput, q, k, v, mask=None):
    a = _weights(q, k, mask)
    at = a.swapaxes(-2, -1)
    dv = at @ doutput
    da = doutput @ v.swapaxes(-2, -1)
    ds = a * (da - (a * da).sum(axis=-1, keepdims=True))
    return ds @ k, ds.swapaxes(-2, -1) @ q, dv

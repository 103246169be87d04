"""*Wrong:* mask polarity inverted"""

import math

import numpy as np


def causal_mask(queries, keys):
    first = keys - queries
    return np.array([[j <= first + i for j in range(keys)] for i in range(queries)], dtype=bool)


def padding_mask(lengths, keys):
    position = np.arange(keys)
    return position[None, None, :] < np.asarray(lengths)[:, None, None]


def _weights(q, k, mask):
    dots = (q @ np.moveaxis(k, -1, -2)) / math.sqrt(q.shape[-1])
    hidden = np.zeros(dots.shape, bool) if mask is None else np.broadcast_to(mask, dots.shape)
    dots[hidden] = -np.inf
    peak = dots.max(-1, keepdims=True)
    peak[peak == -np.inf] = 0
    e = np.exp(dots - peak)
    norm = e.sum(-1, keepdims=True)
    return np.divide(e, norm, out=np.zeros_like(e), where=norm > 0)


def attention(q, k, v, mask=None):
    weights = _weights(q, k, mask)
    return np.einsum("...ij,...jf->...if", weights, v), weights


def attention_backward(doutput, q, k, v, mask=None):
    a = _weights(q, k, mask)
    da = np.einsum("...if,...jf->...ij", doutput, v)
    dv = np.einsum("...ij,...if->...jf", a, doutput)
    ds = a * (da - np.sum(a * da, axis=-1, keepdims=True))
    ds = ds / math.sqrt(q.shape[-1])
    dq = np.einsum("...ij,...jd->...id", ds, k)
    dk = np.einsum("...ij,...id->...jd", ds, q)
    return dq, dk, dv

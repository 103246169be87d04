"""*Wrong:* a fully masked row gives NaN"""

import math

import numpy as np


def causal_mask(queries, keys):
    first = keys - queries
    return np.array([[j <= first + i for j in range(keys)] for i in range(queries)], dtype=bool)


def padding_mask(lengths, keys):
    position = np.arange(keys)
    return position[None, None, :] < np.asarray(lengths)[:, None, None]


def _weights(q, k, mask):
    scores = np.einsum("...qd,...kd->...qk", q, k)
    scores /= math.sqrt(k.shape[-1])
    if mask is not None:
        scores = np.where(mask, scores, -np.inf)
    scores = scores - np.amax(scores, axis=-1, keepdims=True)
    exps = np.exp(scores)
    return exps / np.sum(exps, axis=-1, keepdims=True)


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

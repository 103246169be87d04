"""*Wrong:* mask after the softmax"""

import math

import numpy as np


def causal_mask(queries, keys):
    first = keys - queries
    return np.array([[j <= first + i for j in range(keys)] for i in range(queries)], dtype=bool)


def padding_mask(lengths, keys):
    position = np.arange(keys)
    return position[None, None, :] < np.asarray(lengths)[:, None, None]


def _plain_softmax(q, k):
    s = np.einsum("...id,...jd->...ij", q, k) / math.sqrt(q.shape[-1])
    s = s - s.max(axis=-1, keepdims=True)
    e = np.exp(s)
    return e / e.sum(axis=-1, keepdims=True)


def attention(q, k, v, mask=None):
    p = _plain_softmax(q, k)
    if mask is not None:
        p = np.where(mask, p, np.zeros_like(p))
    return p @ v, p


def attention_backward(doutput, q, k, v, mask=None):
    p = _plain_softmax(q, k)
    gate = np.ones_like(p) if mask is None else np.broadcast_to(mask, p.shape).astype(p.dtype)
    kept = p * gate
    dv = kept.swapaxes(-2, -1) @ doutput
    dp = (doutput @ v.swapaxes(-2, -1)) * gate
    ds = p * (dp - (p * dp).sum(axis=-1, keepdims=True)) / math.sqrt(q.shape[-1])
    return ds @ k, ds.swapaxes(-2, -1) @ q, dv



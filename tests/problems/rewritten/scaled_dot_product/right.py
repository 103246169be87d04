"""Scaled dot-product attention: right."""

import math

import numpy as np


def causal_mask(queries, keys):
    first = keys - queries
    return np.array([[j <= first + i for j in range(keys)] for i in range(queries)], dtype=bool)


def padding_mask(lengths, keys):
    position = np.arange(keys)
    return position[None, None, :] < np.asarray(lengths)[:, None, None]


def _weights(q, k, mask):
    logits = np.einsum("...id,...jd->...ij", q, k) / math.sqrt(q.shape[-1])
    if mask is None:
        allowed = np.ones(logits.shape, dtype=bool)
    else:
        allowed = np.broadcast_to(mask, logits.shape)
    top = np.max(logits, axis=-1, keepdims=True, where=allowed, initial=-np.inf)
    top = np.where(np.isfinite(top), top, 0).astype(logits.dtype)
    shifted = np.where(allowed, logits - top, 0)
    e = np.where(allowed, np.exp(np.minimum(shifted, 0)), 0)
    total = e.sum(axis=-1, keepdims=True)
    return (e / np.where(total == 0, 1, total)).astype(q.dtype)


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

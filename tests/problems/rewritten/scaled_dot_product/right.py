"""Scaled dot-product attention with masks, forward and backward."""

import math

import numpy as np


def causal_mask(queries, keys):
    offset = keys - queries
    return np.arange(keys)[None, :] <= np.arange(queries)[:, None] + offset


def padding_mask(lengths, keys):
    lengths = np.asarray(lengths)
    return np.arange(keys)[None, None, :] < lengths[:, None, None]


def _weights(q, k, mask):
    scores = q @ k.swapaxes(-2, -1) / math.sqrt(q.shape[-1])
    if mask is not None:
        scores = np.where(mask, scores, np.array(-np.inf, scores.dtype))
    top = scores.max(axis=-1, keepdims=True)
    top = np.where(np.isfinite(top), top, np.zeros_like(top))  # nothing allowed: keep away from inf - inf
    e = np.exp(scores - top)
    total = e.sum(axis=-1, keepdims=True)
    return e / np.where(total == 0, np.ones_like(total), total)


def attention(q, k, v, mask=None):
    weights = _weights(q, k, mask)
    return weights @ v, weights


def attention_backward(doutput, q, k, v, mask=None):
    a = _weights(q, k, mask)
    da = doutput @ v.swapaxes(-2, -1)
    dv = a.swapaxes(-2, -1) @ doutput
    ds = a * (da - (a * da).sum(axis=-1, keepdims=True))
    ds = ds / math.sqrt(q.shape[-1])
    dq = ds @ k
    dk = ds.swapaxes(-2, -1) @ q
    return dq, dk, dv

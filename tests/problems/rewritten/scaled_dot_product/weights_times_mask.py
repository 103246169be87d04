"""Scaled dot-product attention with masks, forward and backward."""

import math

import numpy as np


def causal_mask(queries, keys):
    offset = keys - queries
    return np.arange(keys)[None, :] <= np.arange(queries)[:, None] + offset


def padding_mask(lengths, keys):
    lengths = np.asarray(lengths)
    return np.arange(keys)[None, None, :] < lengths[:, None, None]


def _weights(q, k):
    scores = q @ k.swapaxes(-2, -1) / math.sqrt(q.shape[-1])
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def _masked(a, mask):
    return a if mask is None else np.where(mask, a, np.zeros_like(a))


def attention(q, k, v, mask=None):
    weights = _masked(_weights(q, k), mask)
    return weights @ v, weights


def attention_backward(doutput, q, k, v, mask=None):
    a = _weights(q, k)
    da = _masked(doutput @ v.swapaxes(-2, -1), mask)
    dv = _masked(a, mask).swapaxes(-2, -1) @ doutput
    ds = a * (da - (a * da).sum(axis=-1, keepdims=True))
    ds = ds / math.sqrt(q.shape[-1])
    dq = ds @ k
    dk = ds.swapaxes(-2, -1) @ q
    return dq, dk, dv

"""*Wrong:* no 1/sqrt(d_k), or d_model in it (all heads' features together)"""

import math

import numpy as np


def causal_mask(queries, keys):
    first = keys - queries
    return np.array([[j <= first + i for j in range(keys)] for i in range(queries)], dtype=bool)


def padding_mask(lengths, keys):
    position = np.arange(keys)
    return position[None, None, :] < np.asarray(lengths)[:, None, None]


def _d_model(q):
    """The width of the model: the features of all the heads."""
    heads = q.shape[-3] if q.ndim >= 4 else 1
    return heads * q.shape[-1]


def _weights(q, k, mask):
    scale = _d_model(q) ** -0.5
    scores = np.matmul(q, np.swapaxes(k, -1, -2)) * scale
    keep = np.ones_like(scores, dtype=bool) if mask is None else np.broadcast_to(mask, scores.shape)
    scores = np.where(keep, scores, -np.inf)
    m = np.max(scores, axis=-1, keepdims=True)
    m = np.where(m == -np.inf, np.zeros_like(m), m)
    num = np.exp(scores - m)
    den = num.sum(-1, keepdims=True)
    return num / np.where(den > 0, den, np.ones_like(den))


def attention(q, k, v, mask=None):
    weights = _weights(q, k, mask)
    return np.einsum("...ij,...jf->...if", weights, v), weights


def attention_backward(doutput, q, k, v, mask=None):
    w = _weights(q, k, mask)
    dw = np.matmul(doutput, np.swapaxes(v, -1, -2))
    dscores = w * (dw - (dw * w).sum(-1, keepdims=True)) * (_d_model(q) ** -0.5)
    dq = np.matmul(dscores, k)
    dk = np.matmul(np.swapaxes(dscores, -1, -2), q)
    return dq, dk, np.matmul(np.swapaxes(w, -1, -2), doutput)

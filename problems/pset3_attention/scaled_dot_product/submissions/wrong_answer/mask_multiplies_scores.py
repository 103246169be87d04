"""Your mask multiplies the scores: a masked score becomes 0, and the key keeps a weight of exp(0)."""

import math

import numpy as np


def causal_mask(queries, keys):
    return np.tril(np.ones((queries, keys), dtype=bool), k=keys - queries)


def padding_mask(lengths, keys):
    return (np.arange(keys)[None, :] < lengths[:, None])[:, None, :]


def compute_weights(q, k, mask):
    d = q.shape[-1]
    scores = np.matmul(q, np.swapaxes(k, -1, -2)) / math.sqrt(d)
    if mask is not None:
        scores = scores * mask
    scores = scores - scores.max(axis=-1, keepdims=True)
    weights = np.exp(scores)
    weights = weights / weights.sum(axis=-1, keepdims=True)
    if mask is not None:
        weights = weights * np.any(mask, axis=-1, keepdims=True)  # rows with nothing to attend to
    return weights


def attention(q, k, v, mask=None):
    weights = compute_weights(q, k, mask)
    output = np.matmul(weights, v)
    return output, weights


def attention_backward(doutput, q, k, v, mask=None):
    weights = compute_weights(q, k, mask)
    dv = np.matmul(np.swapaxes(weights, -1, -2), doutput)
    dweights = np.matmul(doutput, np.swapaxes(v, -1, -2))
    dscores = weights * (dweights - (weights * dweights).sum(axis=-1, keepdims=True))
    dscores = dscores / math.sqrt(q.shape[-1])
    if mask is not None:
        dscores = dscores * mask
    dq = np.matmul(dscores, k)
    dk = np.matmul(np.swapaxes(dscores, -1, -2), q)
    return dq, dk, dv

"""Your attention takes no account of the mask."""

import math

import numpy as np


def causal_mask(queries, keys):
    return np.tril(np.ones((queries, keys), dtype=bool), k=keys - queries)


def padding_mask(lengths, keys):
    return (np.arange(keys)[None, :] < lengths[:, None])[:, None, :]


def compute_weights(q, k, mask):
    scores = np.matmul(q, np.swapaxes(k, -1, -2)) / math.sqrt(q.shape[-1])
    scores = scores - scores.max(axis=-1, keepdims=True)
    weights = np.exp(scores)
    weights = weights / weights.sum(axis=-1, keepdims=True)
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
    dq = np.matmul(dscores, k)
    dk = np.matmul(np.swapaxes(dscores, -1, -2), q)
    return dq, dk, dv

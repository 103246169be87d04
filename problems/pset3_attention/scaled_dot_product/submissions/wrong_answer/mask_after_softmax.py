"""Your mask acts after the softmax: the weights that are left no longer sum to one."""

import math

import numpy as np


def causal_mask(queries, keys):
    return np.tril(np.ones((queries, keys), dtype=bool), k=keys - queries)


def padding_mask(lengths, keys):
    return (np.arange(keys)[None, :] < lengths[:, None])[:, None, :]


def compute_weights(q, k):
    d = q.shape[-1]
    scores = np.matmul(q, np.swapaxes(k, -1, -2)) / math.sqrt(d)
    scores = scores - scores.max(axis=-1, keepdims=True)
    weights = np.exp(scores)
    weights = weights / weights.sum(axis=-1, keepdims=True)
    return weights


def attention(q, k, v, mask=None):
    weights = compute_weights(q, k)
    if mask is not None:
        weights = weights * mask
    return np.matmul(weights, v), weights


def attention_backward(doutput, q, k, v, mask=None):
    weights = compute_weights(q, k)
    used = weights if mask is None else weights * mask
    dv = np.matmul(np.swapaxes(used, -1, -2), doutput)
    dweights = np.matmul(doutput, np.swapaxes(v, -1, -2))
    if mask is not None:
        dweights = dweights * mask
    dscores = weights * (dweights - (weights * dweights).sum(axis=-1, keepdims=True))
    dscores = dscores / math.sqrt(q.shape[-1])
    dq = np.matmul(dscores, k)
    dk = np.matmul(np.swapaxes(dscores, -1, -2), q)
    return dq, dk, dv

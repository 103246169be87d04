"""Attention. Everything is flattened to a list of (Lq, d) problems and done one after the other."""
from math import sqrt

import numpy as np


def causal_mask(queries, keys):
    mask = np.full((queries, keys), False)
    for i in range(queries):
        last = keys - queries + i  # own position
        mask[i, : last + 1] = True
    return mask


def padding_mask(lengths, keys):
    rows = [[j < n for j in range(keys)] for n in lengths]
    return np.array(rows, dtype=bool).reshape(len(lengths), 1, keys)


def model_size(q):
    """d_model: the features of all heads together."""
    heads = q.shape[-3] if q.ndim > 3 else 1
    return heads * q.shape[-1]


def softmax_row(row, allowed):
    out = np.zeros_like(row)
    if allowed.any():
        seen = row[allowed]
        e = np.exp(seen - seen.max())
        out[allowed] = e / e.sum()
    return out


def weights_of(q, k, mask):
    scores = q @ np.swapaxes(k, -1, -2)
    scores = scores / sqrt(model_size(q))
    if mask is None:
        mask = True
    mask = np.broadcast_to(np.asarray(mask), scores.shape)
    result = np.zeros_like(scores)
    for place in np.ndindex(*scores.shape[:-1]):
        result[place] = softmax_row(scores[place], mask[place])
    return result


def attention(q, k, v, mask=None):
    weights = weights_of(q, k, mask)
    return np.matmul(weights, v), weights


def attention_backward(doutput, q, k, v, mask=None):
    A = weights_of(q, k, mask)
    dA = np.matmul(doutput, np.swapaxes(v, -1, -2))
    dS = np.zeros_like(A)
    for place in np.ndindex(*A.shape[:-1]):
        a = A[place]
        jacobian = np.diag(a) - np.outer(a, a)
        dS[place] = jacobian @ dA[place]
    dS = dS / sqrt(model_size(q))
    return dS @ k, np.swapaxes(dS, -1, -2) @ q, np.swapaxes(A, -1, -2) @ doutput

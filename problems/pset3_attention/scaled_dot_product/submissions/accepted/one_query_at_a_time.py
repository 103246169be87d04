"""One query at a time, and only the keys that it may attend to: nothing is masked, because nothing else is looked at."""

import math

import numpy as np


def causal_mask(queries, keys):
    return np.array([[j - (keys - queries) <= i for j in range(keys)] for i in range(queries)])


def padding_mask(lengths, keys):
    return np.array([[[j < n for j in range(keys)]] for n in lengths])


def _rows(q, k, mask):
    """For each query its index, and the keys that it may attend to with their weights."""
    shape = (*q.shape[:-1], k.shape[-2])
    allowed = np.broadcast_to(True if mask is None else mask, shape)
    for place in np.ndindex(*q.shape[:-1]):
        (keys,) = np.nonzero(allowed[place])
        if len(keys) == 0:
            continue
        scores = k[place[:-1]][keys] @ q[place] / math.sqrt(q.shape[-1])
        e = np.exp(scores - scores.max())
        yield place, keys, e / e.sum()


def attention(q, k, v, mask=None):
    output = np.zeros((*q.shape[:-1], v.shape[-1]), dtype=q.dtype)
    weights = np.zeros((*q.shape[:-1], k.shape[-2]), dtype=q.dtype)
    for place, keys, row in _rows(q, k, mask):
        weights[place][keys] = row
        output[place] = row @ v[place[:-1]][keys]
    return output, weights


def attention_backward(doutput, q, k, v, mask=None):
    dq, dk, dv = np.zeros_like(q), np.zeros_like(k), np.zeros_like(v)
    for place, keys, row in _rows(q, k, mask):
        front = place[:-1]
        dv[front][keys] += np.outer(row, doutput[place])
        jacobian = np.diag(row) - np.outer(row, row)
        ds = jacobian @ (v[front][keys] @ doutput[place]) / math.sqrt(q.shape[-1])
        dq[place] = ds @ k[front][keys]
        dk[front][keys] += np.outer(ds, q[place])
    return dq, dk, dv

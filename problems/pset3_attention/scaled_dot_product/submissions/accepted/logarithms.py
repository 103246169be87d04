"""The weights from logarithms: what is taken off each score is the logarithm of its row's sum, built up key by key."""

import numpy as np


def causal_mask(queries, keys):
    return np.tril(np.ones((keys, keys), bool))[keys - queries :]


def padding_mask(lengths, keys):
    return np.stack([np.arange(keys) < length for length in lengths])[:, np.newaxis]


def attention(q, k, v, mask=None):
    scores = (q[..., :, None, :] * k[..., None, :, :]).sum(-1) / q.shape[-1] ** 0.5
    if mask is not None:
        scores = np.where(mask, scores, -np.inf)
    log_sum = np.full(scores.shape[:-1], -np.inf, scores.dtype)
    for j in range(scores.shape[-1]):
        log_sum = np.logaddexp(log_sum, scores[..., j])
    log_sum = np.where(np.isneginf(log_sum), 0, log_sum).astype(scores.dtype)
    weights = np.exp(scores - log_sum[..., None])
    return (weights[..., None] * v[..., None, :, :]).sum(-2), weights


def attention_backward(doutput, q, k, v, mask=None):
    output, weights = attention(q, k, v, mask)
    # The mean of the weights' gradient under the weights is the product of the output and its gradient.
    mean = (output * doutput).sum(-1, keepdims=True)
    ds = weights * (doutput @ np.moveaxis(v, -1, -2) - mean) / q.shape[-1] ** 0.5
    back = np.moveaxis(ds, -1, -2)
    return ds @ k, back @ q, np.moveaxis(weights, -1, -2) @ doutput

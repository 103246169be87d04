"""Reference solution: scaled dot-product attention in NumPy, with masks and gradients."""

import math

import numpy as np


def causal_mask(queries: int, keys: int) -> np.ndarray:
    # Query i stands at position Lk - Lq + i: the diagonal ends in the lower right corner.
    return np.tri(queries, keys, keys - queries, dtype=bool)


def padding_mask(lengths: np.ndarray, keys: int) -> np.ndarray:
    return np.arange(keys) < lengths[:, None, None]


def attention(
    q: np.ndarray, k: np.ndarray, v: np.ndarray, mask: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    weights = _weights(q, k, mask)
    return weights @ v, weights


def attention_backward(
    doutput: np.ndarray, q: np.ndarray, k: np.ndarray, v: np.ndarray, mask: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    weights = _weights(q, k, mask)
    dweights = doutput @ v.swapaxes(-2, -1)
    # The softmax takes its mean under the weights off each row. Where a weight is 0, nothing passes.
    dscores = weights * (dweights - (weights * dweights).sum(axis=-1, keepdims=True))
    dproducts = dscores / math.sqrt(q.shape[-1])
    return dproducts @ k, dproducts.swapaxes(-2, -1) @ q, weights.swapaxes(-2, -1) @ doutput


def _weights(q: np.ndarray, k: np.ndarray, mask: np.ndarray | None) -> np.ndarray:
    # math.sqrt: a NumPy float64 would make float64 of float32 arrays.
    scores = q @ k.swapaxes(-2, -1) / math.sqrt(q.shape[-1])
    if mask is not None:
        # The lowest finite number, not -inf: in a row where nothing is allowed -inf - -inf would be NaN.
        scores = np.where(mask, scores, np.finfo(scores.dtype).min)
    exponentials = np.exp(scores - scores.max(axis=-1, keepdims=True))
    if mask is not None:
        exponentials = exponentials * mask
    total = exponentials.sum(axis=-1, keepdims=True)
    return exponentials / np.where(total > 0, total, np.ones_like(total))

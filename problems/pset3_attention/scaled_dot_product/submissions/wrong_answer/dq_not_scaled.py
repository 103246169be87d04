"""Your dq lacks the factor 1 / sqrt(d): it belongs to dq and dk alike."""

import numpy as np


def causal_mask(queries, keys):
    mask = np.zeros((queries, keys), dtype=bool)
    for i in range(queries):
        mask[i, : keys - queries + i + 1] = True
    return mask


def padding_mask(lengths, keys):
    return np.less(np.arange(keys), np.reshape(lengths, (-1, 1, 1)))


class Attention:
    """Keeps what the backward pass needs."""

    def __init__(self, q, k, v, mask):
        self.q, self.k, self.v = q, k, v
        self.root = float(np.sqrt(q.shape[-1]))
        self.mask = mask

    def forward(self):
        scores = self.q @ self.k.swapaxes(-1, -2) / self.root
        if self.mask is not None:
            scores = np.where(self.mask, scores, -np.inf)
        highest = np.max(scores, axis=-1, keepdims=True)
        highest[np.isneginf(highest)] = 0.0
        e = np.exp(scores - highest)
        total = e.sum(axis=-1, keepdims=True)
        self.weights = np.divide(e, total, out=np.zeros_like(e), where=total > 0)
        return self.weights @ self.v

    def backward(self, doutput):
        w = self.weights
        dv = w.swapaxes(-1, -2) @ doutput
        dw = doutput @ self.v.swapaxes(-1, -2)
        inner = np.sum(dw * w, axis=-1, keepdims=True)
        ds = w * (dw - inner)
        dq = ds @ self.k
        dk = ds.swapaxes(-1, -2) @ self.q / self.root
        return dq, dk, dv


def attention(q, k, v, mask=None):
    layer = Attention(q, k, v, mask)
    output = layer.forward()
    return output, layer.weights


def attention_backward(doutput, q, k, v, mask=None):
    layer = Attention(q, k, v, mask)
    layer.forward()
    return layer.backward(doutput)

"""*Wrong:* no 1/N"""

import numpy as np


def linear_forward(x, W, b):
    return np.einsum("nd,dc->nc", x, W) + b[None, :]


def linear_backward(dlogits, x, W):
    dx = np.einsum("nc,dc->nd", dlogits, W)
    dW = np.einsum("nd,nc->dc", x, dlogits)
    db = np.einsum("nc->c", dlogits)
    return dx, dW, db.copy()


def softmax(logits):
    z = logits - np.amax(logits, axis=1)[:, None]
    e = np.exp(z)
    return e / e.sum(axis=1)[:, None]


def cross_entropy(logits, labels):
    shifted = logits - logits.max(1, keepdims=True)
    logp = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
    return -sum(logp[i, c] for i, c in enumerate(labels))


def cross_entropy_backward(probs, labels):
    return np.array([[p - (c == label) for c, p in enumerate(row)] for row, label in zip(probs, labels)])

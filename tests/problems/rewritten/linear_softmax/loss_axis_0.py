"""*Wrong:* wrong axis"""

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
    peak = np.max(logits, axis=0)
    lse = peak + np.log(np.sum(np.exp(logits - peak), axis=0))
    rows = np.arange(labels.size)
    return float(np.mean(lse[labels] - logits[rows, labels]))


def cross_entropy_backward(probs, labels):
    onehot = np.eye(probs.shape[1])[labels]
    return (probs - onehot) / probs.shape[0]

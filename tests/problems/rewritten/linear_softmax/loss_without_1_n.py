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
    m = logits.max(axis=1, keepdims=True)
    log_norm = np.log(np.exp(logits - m).sum(axis=1)) + m[:, 0]
    picked = np.take_along_axis(logits, labels[:, None], axis=1)[:, 0]
    return float(np.sum(log_norm - picked))


def cross_entropy_backward(probs, labels):
    onehot = np.eye(probs.shape[1])[labels]
    return (probs - onehot) / probs.shape[0]

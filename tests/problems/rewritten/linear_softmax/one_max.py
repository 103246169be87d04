"""*Wrong:* one max for the whole batch"""

import numpy as np


def linear_forward(x, W, b):
    return np.einsum("nd,dc->nc", x, W) + b[None, :]


def linear_backward(dlogits, x, W):
    dx = np.einsum("nc,dc->nd", dlogits, W)
    dW = np.einsum("nd,nc->dc", x, dlogits)
    db = np.einsum("nc->c", dlogits)
    return dx, dW, db.copy()


def softmax(logits):
    safe = logits - np.max(logits)
    num = np.exp(safe)
    return num / num.sum(axis=1, keepdims=True)


def cross_entropy(logits, labels):
    safe = logits - np.max(logits)
    lse = np.log(np.exp(safe).sum(axis=1))
    return np.mean(lse - safe[range(len(labels)), labels])


def cross_entropy_backward(probs, labels):
    onehot = np.eye(probs.shape[1])[labels]
    return (probs - onehot) / probs.shape[0]

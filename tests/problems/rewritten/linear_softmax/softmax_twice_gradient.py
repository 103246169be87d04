"""*Wrong:* softmax twice"""

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
    total = 0.0
    for row, label in zip(logits, labels):
        top = row.max()
        total += top + np.log(np.exp(row - top).sum()) - row[label]
    return total / len(labels)


def cross_entropy_backward(probs, labels):
    dlogits = softmax(probs)
    dlogits[np.arange(labels.shape[0]), labels] -= 1
    dlogits /= labels.shape[0]
    return dlogits

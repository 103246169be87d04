"""*Wrong:* 1/N twice"""

import numpy as np


def linear_forward(x, W, b):
    return np.einsum("nd,dc->nc", x, W) + b[None, :]


def linear_backward(dlogits, x, W):
    batch = x.shape[0]
    mean_grad = dlogits / batch
    return dlogits @ W.T, x.T @ mean_grad, mean_grad.sum(axis=0)


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
    onehot = np.eye(probs.shape[1])[labels]
    return (probs - onehot) / probs.shape[0]

"""Your db is the gradient of one example alone: it adds up those of the whole batch."""

import numpy as np


def linear_forward(x, W, b):
    return np.dot(x, W) + b


def linear_backward(dlogits, x, W):
    dx, dW = np.zeros_like(x), np.zeros_like(W)
    for i in range(len(x)):
        dx[i] = W @ dlogits[i]
        dW += np.outer(x[i], dlogits[i])
        db = dlogits[i].copy()
    return dx, dW, db


def softmax(logits):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def cross_entropy(logits, labels):
    top = logits.max(axis=1)
    log_sum = top + np.log(np.exp(logits - top[:, None]).sum(axis=1))
    return np.mean(log_sum - logits[np.arange(len(labels)), labels])


def cross_entropy_backward(probs, labels):
    one_hot = np.eye(probs.shape[1])[labels]
    return (probs - one_hot) / len(probs)

"""Your softmax normalises the whole batch together: each row must sum to one by itself."""

import numpy as np


def linear_forward(x, W, b):
    return np.dot(x, W) + b


def linear_backward(dlogits, x, W):
    return dlogits.dot(W.T), x.T.dot(dlogits), dlogits.sum(axis=0)


def softmax(logits):
    e = np.exp(logits - logits.max())
    return e / e.sum()


def cross_entropy(logits, labels):
    top = logits.max(axis=1)
    log_sum = top + np.log(np.exp(logits - top[:, None]).sum(axis=1))
    return np.mean(log_sum - logits[np.arange(len(labels)), labels])


def cross_entropy_backward(probs, labels):
    one_hot = np.eye(probs.shape[1])[labels]
    return (probs - one_hot) / len(probs)

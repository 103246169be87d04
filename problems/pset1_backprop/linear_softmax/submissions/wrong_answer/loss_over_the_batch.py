"""Your loss normalises each column instead of each row: the sum of exponentials is over the classes, axis 1."""

import numpy as np


def linear_forward(x, W, b):
    return np.dot(x, W) + b


def linear_backward(dlogits, x, W):
    return dlogits.dot(W.T), x.T.dot(dlogits), dlogits.sum(axis=0)


def softmax(logits):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def cross_entropy(logits, labels):
    z = logits - logits.max(axis=0)
    log_probs = z - np.log(np.exp(z).sum(axis=0))
    return -np.mean(log_probs[np.arange(len(labels)), labels])


def cross_entropy_backward(probs, labels):
    one_hot = np.eye(probs.shape[1])[labels]
    return (probs - one_hot) / len(probs)

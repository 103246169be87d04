"""The bias as one more row of W that meets a column of ones, and logaddexp for the normaliser."""

import numpy as np


def _with_ones(x):
    return np.hstack([x, np.ones((x.shape[0], 1))])


def linear_forward(x, W, b):
    return _with_ones(x) @ np.vstack([W, b])


def linear_backward(dlogits, x, W):
    both = _with_ones(x).T @ dlogits  # the last row belongs to the bias
    dx = (W @ dlogits.T).T
    return dx, both[:-1], both[-1]


def softmax(logits):
    return np.exp(logits - np.logaddexp.reduce(logits, axis=1, keepdims=True))


def cross_entropy(logits, labels):
    right = np.take_along_axis(logits, labels[:, None], axis=1)[:, 0]
    return np.average(np.logaddexp.reduce(logits, axis=1) - right)


def cross_entropy_backward(probs, labels):
    dlogits = probs / len(labels)
    np.subtract.at(dlogits, (np.arange(len(labels)), labels), 1 / len(labels))
    return dlogits

"""Index notation throughout: einsum for the layer, a one-hot matrix for the labels."""

import numpy as np


def linear_forward(x, W, b):
    return np.einsum("nd,dc->nc", x, W) + b[np.newaxis, :]


def linear_backward(dlogits, x, W):
    dx = np.einsum("nc,dc->nd", dlogits, W)
    dW = np.einsum("nc,nd->dc", dlogits, x)
    db = np.einsum("nc->c", dlogits)
    return dx, dW, db


def _log_softmax(logits):
    shifted = logits - np.amax(logits, axis=-1)[:, None]
    return shifted - np.log(np.exp(shifted).sum(axis=-1))[:, None]


def softmax(logits):
    return np.exp(_log_softmax(logits))


def _one_hot(labels, classes):
    return (labels[:, None] == np.arange(classes)[None, :]).astype(np.float64)


def cross_entropy(logits, labels):
    N, C = logits.shape
    return -np.einsum("nc,nc->", _one_hot(labels, C), _log_softmax(logits)) / N


def cross_entropy_backward(probs, labels):
    N, C = probs.shape
    return (probs - _one_hot(labels, C)) / N

"""Your cross_entropy_backward writes into the probabilities that it is given: work on a copy, because the caller still needs them."""

import numpy as np


def linear_forward(x, W, b):
    return x @ W + b


def linear_backward(dlogits, x, W):
    dx = dlogits @ W.T
    dW = x.T @ dlogits
    db = np.sum(dlogits, axis=0)
    return dx, dW, db


def softmax(logits):
    e = np.exp(logits - np.max(logits, axis=1, keepdims=True))
    return e / np.sum(e, axis=1, keepdims=True)


def cross_entropy(logits, labels):
    z = logits - np.max(logits, axis=1, keepdims=True)
    log_probs = z - np.log(np.sum(np.exp(z), axis=1, keepdims=True))
    return -np.mean(log_probs[np.arange(len(labels)), labels])


def cross_entropy_backward(probs, labels):
    N = probs.shape[0]
    probs[np.arange(N), labels] -= 1
    probs /= N
    return probs

"""Your loss applies the softmax twice: cross_entropy is given logits, and must take the logarithm of one softmax of them."""

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
    probs = softmax(logits)
    z = probs - probs.max(axis=1, keepdims=True)
    log_probs = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    return -np.mean(log_probs[np.arange(len(labels)), labels])


def cross_entropy_backward(probs, labels):
    N = probs.shape[0]
    dlogits = probs.copy()
    dlogits[np.arange(N), labels] -= 1
    return dlogits / N

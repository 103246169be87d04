"""The small number you add inside the logarithm makes your loss wrong for unlikely classes: with the log-sum-exp form none is needed."""

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
    correct = probs[np.arange(len(labels)), labels]
    return -np.mean(np.log(correct + 1e-12))


def cross_entropy_backward(probs, labels):
    N = probs.shape[0]
    dlogits = probs.copy()
    dlogits[np.arange(N), labels] -= 1
    return dlogits / N

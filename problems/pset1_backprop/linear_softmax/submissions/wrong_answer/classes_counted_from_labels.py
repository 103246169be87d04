"""You count the classes from the labels: a batch may lack some classes, so take their number from the shape of the logits."""

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
    one_hot = np.eye(labels.max() + 1)[labels]
    z = logits - logits.max(axis=1, keepdims=True)
    log_probs = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    return -(one_hot * log_probs).sum() / len(labels)


def cross_entropy_backward(probs, labels):
    one_hot = np.eye(labels.max() + 1)[labels]
    return (probs - one_hot) / len(labels)

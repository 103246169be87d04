"""You divide the gradient with respect to the logits by the number of its entries: divide by the number of examples, N."""

import numpy as np


def linear_forward(x, W, b):
    return np.dot(x, W) + b


def linear_backward(dlogits, x, W):
    return dlogits.dot(W.T), x.T.dot(dlogits), dlogits.sum(axis=0)


def softmax(logits):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def cross_entropy(logits, labels):
    top = logits.max(axis=1)
    log_sum = top + np.log(np.exp(logits - top[:, None]).sum(axis=1))
    return np.mean(log_sum - logits[np.arange(len(labels)), labels])


def cross_entropy_backward(probs, labels):
    one_hot = np.eye(probs.shape[1])[labels]
    return (probs - one_hot) / probs.size

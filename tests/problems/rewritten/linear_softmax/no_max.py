"""*Wrong:* no max subtraction"""

import numpy as np


def linear_forward(x, W, b):
    return np.einsum("nd,dc->nc", x, W) + b[None, :]


def linear_backward(dlogits, x, W):
    dx = np.einsum("nc,dc->nd", dlogits, W)
    dW = np.einsum("nd,nc->dc", x, dlogits)
    db = np.einsum("nc->c", dlogits)
    return dx, dW, db.copy()


def softmax(logits):
    exps = np.exp(logits)
    return exps / np.sum(exps, axis=-1, keepdims=True)


def cross_entropy(logits, labels):
    right_logit = logits[np.arange(len(labels)), labels]
    lse = np.log(np.sum(np.exp(logits), axis=-1))
    return np.mean(lse - right_logit)


def cross_entropy_backward(probs, labels):
    onehot = np.eye(probs.shape[1])[labels]
    return (probs - onehot) / probs.shape[0]

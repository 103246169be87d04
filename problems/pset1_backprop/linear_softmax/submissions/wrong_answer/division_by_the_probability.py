"""Your gradient divides by the probability of the right class, which may be zero: that factor cancels against the softmax's derivative, so carry the algebra to the end."""

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
    N, C = probs.shape
    dlogits = np.zeros((N, C))
    for n in range(N):
        p = probs[n]
        dp = np.zeros(C)
        dp[labels[n]] = -1 / (N * p[labels[n]])
        jacobian = np.diag(p) - np.outer(p, p)
        dlogits[n] = jacobian @ dp
    return dlogits

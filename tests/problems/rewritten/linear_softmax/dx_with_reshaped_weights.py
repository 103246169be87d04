import numpy as np


def linear_forward(x, W, b):
    return np.dot(x, W) + b


def linear_backward(dlogits, x, W):
    D, C = W.shape
    # (N, C) times (C, D)
    dx = np.dot(dlogits, W.reshape(C, D))
    dW = np.dot(x.T, dlogits)
    db = np.sum(dlogits, axis=0)
    return dx, dW, db


def softmax(logits):
    out = np.zeros(logits.shape)
    for n, row in enumerate(logits):
        e = np.exp(row - row.max())
        out[n] = e / e.sum()
    return out


def cross_entropy(logits, labels):
    m = np.max(logits, axis=1)
    lse = m + np.log(np.sum(np.exp(logits - m[:, None]), axis=1))
    right = logits[np.arange(logits.shape[0]), labels]
    return float(np.mean(lse - right))


def cross_entropy_backward(probs, labels):
    d = np.array(probs)
    for n, label in enumerate(labels):
        d[n, label] -= 1
    return d / probs.shape[0]

"""Loops over examples, features and classes: the sums exactly as they are written on paper."""

import math

import numpy as np


def linear_forward(x, W, b):
    N, D = x.shape
    C = W.shape[1]
    logits = np.zeros((N, C))
    for n in range(N):
        for c in range(C):
            total = b[c]
            for d in range(D):
                total += x[n, d] * W[d, c]
            logits[n, c] = total
    return logits


def linear_backward(dlogits, x, W):
    N, D = x.shape
    C = W.shape[1]
    dx, dW, db = np.zeros((N, D)), np.zeros((D, C)), np.zeros(C)
    for n in range(N):
        for c in range(C):
            db[c] += dlogits[n, c]
            for d in range(D):
                dx[n, d] += dlogits[n, c] * W[d, c]
                dW[d, c] += dlogits[n, c] * x[n, d]
    return dx, dW, db


def softmax(logits):
    probs = np.zeros(logits.shape)
    for n, row in enumerate(logits):
        biggest = max(row)
        exps = [math.exp(z - biggest) for z in row]
        for c, e in enumerate(exps):
            probs[n, c] = e / sum(exps)
    return probs


def cross_entropy(logits, labels):
    total = 0.0
    for row, label in zip(logits, labels):
        biggest = max(row)
        total += biggest + math.log(sum(math.exp(z - biggest) for z in row)) - row[label]
    return float(total / len(labels))


def cross_entropy_backward(probs, labels):
    N, C = probs.shape
    dlogits = np.zeros((N, C))
    for n in range(N):
        for c in range(C):
            dlogits[n, c] = (probs[n, c] - (1.0 if c == labels[n] else 0.0)) / N
    return dlogits

"""*Wrong:* 0/1 labels where ±1 is meant"""

import numpy as np


def predict(X, w, b):
    return (X @ w + b > 0).astype(np.float64)


def train_epoch(X, y, w, b):
    w, mistakes = w.copy(), 0
    for i in range(X.shape[0]):
        error = y[i] - predict(X[i : i + 1], w, b)[0]
        if error != 0:
            w += error * X[i]
            b += error
            mistakes += 1
    return w, b, mistakes


def fit(X, y, max_epochs):
    w, b = np.zeros(X.shape[1]), 0.0
    for epoch in range(1, max_epochs + 1):
        w, b, mistakes = train_epoch(X, y, w, b)
        if mistakes == 0:
            return w, b, epoch
    return w, b, max_epochs

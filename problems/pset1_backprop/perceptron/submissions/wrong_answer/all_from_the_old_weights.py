"""You let all examples of an epoch meet the old weights: each meets those that the one before left."""

import numpy as np


def predict(X, w, b):
    scores = X @ w + b
    return np.where(scores > 0, 1.0, -1.0)


def train_epoch(X, y, w, b):
    wrong = y * (X @ w + b) <= 0
    return w + (y[wrong, None] * X[wrong]).sum(axis=0), float(b + y[wrong].sum()), int(wrong.sum())


def fit(X, y, max_epochs):
    w = np.zeros(X.shape[1])
    b = 0.0
    for epoch in range(max_epochs):
        w, b, mistakes = train_epoch(X, y, w, b)
        if mistakes == 0:
            break
    return w, b, epoch + 1

"""You learn from the examples that are on their right side, and from no others: a mistake is what teaches."""

import numpy as np


def predict(X, w, b):
    return np.where(X @ w + b > 0, 1.0, -1.0)


def train_epoch(X, y, w, b):
    w, changes = np.array(w, dtype=np.float64), 0
    for row, label in zip(X, y):
        if label * (row @ w + b) > 0:
            w = w + label * row
            b = b + label
            changes += 1
    return w, float(b), changes


def fit(X, y, max_epochs):
    w, b = np.zeros(X.shape[1]), 0.0
    for epoch in range(1, max_epochs + 1):
        w, b, mistakes = train_epoch(X, y, w, b)
        if mistakes == 0:
            break
    return w, b, epoch

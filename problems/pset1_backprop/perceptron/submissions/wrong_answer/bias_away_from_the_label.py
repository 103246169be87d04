"""You take the label off the bias: it is added, as label times example is to the weights."""

import numpy as np


def predict(X, w, b):
    return np.where(X @ w + b > 0, 1.0, -1.0)


def train_epoch(X, y, w, b):
    w, mistakes = w.copy(), 0
    for row, label in zip(X, y):
        if label * (np.dot(w, row) + b) <= 0:
            w = w + label * row
            b = b - label
            mistakes += 1
    return w, float(b), mistakes


def fit(X, y, max_epochs):
    w, b = np.zeros(X.shape[1]), 0.0
    for epoch in range(1, max_epochs + 1):
        w, b, mistakes = train_epoch(X, y, w, b)
        if mistakes == 0:
            break
    return w, b, epoch

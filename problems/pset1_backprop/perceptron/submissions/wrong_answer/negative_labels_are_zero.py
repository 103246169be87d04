"""You turn the labels into 0 and 1 before you learn, so that a mistake on a negative example teaches nothing: the step is the label, -1 or +1."""

import numpy as np


def predict(X, w, b):
    return np.where(X @ w + b > 0, 1.0, -1.0)


def train_epoch(X, y, w, b):
    targets = (y > 0).astype(np.float64)
    w, mistakes = w.copy(), 0
    for row, label, target in zip(X, y, targets):
        if label * (np.dot(row, w) + b) <= 0:
            w = w + target * row
            b = b + target
            mistakes += 1
    return w, float(b), mistakes


def fit(X, y, max_epochs):
    w, b = np.zeros(X.shape[1]), 0.0
    for epoch in range(1, max_epochs + 1):
        w, b, mistakes = train_epoch(X, y, w, b)
        if mistakes == 0:
            break
    return w, b, epoch

"""You start every epoch in fit with a bias of zero: each goes on from the bias that the one before left."""

import numpy as np


def predict(X, w, b):
    return np.where(X @ w + b > 0, 1.0, -1.0)


def train_epoch(X, y, w, b):
    w, mistakes = w.copy(), 0
    for row, label in zip(X, y):
        if label * (np.dot(w, row) + b) <= 0:
            w = w + label * row
            b = b + label
            mistakes += 1
    return w, float(b), mistakes


def fit(X, y, max_epochs):
    w = np.zeros(X.shape[1])
    for epoch in range(1, max_epochs + 1):
        w, b, mistakes = train_epoch(X, y, w, 0.0)
        if mistakes == 0:
            break
    return w, b, epoch

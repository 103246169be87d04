"""*Wrong:* updates when right (the condition is the wrong way round)"""

import numpy as np


def predict(X, w, b):
    return np.where(X @ w + b > 0, 1.0, -1.0)


def train_epoch(X, y, w, b):
    weights, bias, changes = list(w), b, 0
    for row, label in zip(X, y):
        score = sum(a * c for a, c in zip(weights, row)) + bias
        if label * score >= 0:
            weights = [a + label * c for a, c in zip(weights, row)]
            bias += label
            changes += 1
    return np.array(weights), bias, changes


def fit(X, y, max_epochs):
    w, b = np.zeros(X.shape[1]), 0.0
    for epoch in range(1, max_epochs + 1):
        w, b, mistakes = train_epoch(X, y, w, b)
        if mistakes == 0:
            return w, b, epoch
    return w, b, max_epochs

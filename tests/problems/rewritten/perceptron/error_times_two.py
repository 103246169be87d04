"""*Wrong:* 0/1 labels where ±1 is meant (the rule of 0/1 labels, w += (y - prediction) x, with labels ±1: steps of two)"""

import numpy as np


def predict(X, w, b):
    return np.where(X @ w + b > 0, 1.0, -1.0)


def train_epoch(X, y, w, b):
    w = np.array(w)
    count = 0
    for row, label in zip(X, y):
        out = 1.0 if row @ w + b > 0 else -1.0
        on_boundary = row @ w + b == 0
        if out != label or on_boundary:
            delta = label - out if out != label else 2 * label
            w, b, count = w + delta * row, b + delta, count + 1
    return w, b, count


def fit(X, y, max_epochs):
    w, b = np.zeros(X.shape[1]), 0.0
    for epoch in range(1, max_epochs + 1):
        w, b, mistakes = train_epoch(X, y, w, b)
        if mistakes == 0:
            return w, b, epoch
    return w, b, max_epochs

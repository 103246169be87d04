"""You move by the label minus the prediction, which is two times the label after a mistake: the step is the label."""

import numpy as np


def predict(X, w, b):
    return np.where(X @ w + b > 0, 1.0, -1.0)


def train_epoch(X, y, w, b):
    w, mistakes = w.copy(), 0
    for i in range(len(y)):
        if y[i] * (X[i] @ w + b) <= 0:
            error = y[i] - (-y[i])
            w += error * X[i]
            b += error
            mistakes += 1
    return w, float(b), mistakes


def fit(X, y, max_epochs):
    w, b = np.zeros(X.shape[1]), 0.0
    for epoch in range(1, max_epochs + 1):
        w, b, mistakes = train_epoch(X, y, w, b)
        if mistakes == 0:
            break
    return w, b, epoch

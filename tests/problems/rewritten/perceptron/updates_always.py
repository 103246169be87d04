"""*Wrong:* updates when right"""

import numpy as np


def predict(X, w, b):
    return np.where(X @ w + b > 0, 1.0, -1.0)


def train_epoch(X, y, w, b):
    w, mistakes = w.copy(), 0
    for i in range(len(X)):
        margin = y[i] * (np.dot(w, X[i]) + b)
        mistakes += int(margin <= 0)
        w += y[i] * X[i]
        b += y[i]
    return w, b, mistakes


def fit(X, y, max_epochs):
    w, b = np.zeros(X.shape[1]), 0.0
    for epoch in range(1, max_epochs + 1):
        w, b, mistakes = train_epoch(X, y, w, b)
        if mistakes == 0:
            return w, b, epoch
    return w, b, max_epochs

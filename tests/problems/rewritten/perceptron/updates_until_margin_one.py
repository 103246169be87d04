"""*Wrong:* updates when right (if the margin is below one)"""

import numpy as np


def predict(X, w, b):
    return np.where(X @ w + b > 0, 1.0, -1.0)


def train_epoch(X, y, w, b):
    n_wrong = 0
    for n in range(X.shape[0]):
        inside = y[n] * (X[n].dot(w) + b) < 1
        if inside:
            w, b, n_wrong = w + y[n] * X[n], b + y[n], n_wrong + 1
    return np.array(w), b, n_wrong


def fit(X, y, max_epochs):
    w, b = np.zeros(X.shape[1]), 0.0
    for epoch in range(1, max_epochs + 1):
        w, b, mistakes = train_epoch(X, y, w, b)
        if mistakes == 0:
            return w, b, epoch
    return w, b, max_epochs

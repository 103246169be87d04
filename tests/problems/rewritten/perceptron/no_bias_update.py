"""*Wrong:* no bias"""

import numpy as np


def predict(X, w, b):
    return np.where(X @ w + b > 0, 1.0, -1.0)


def train_epoch(X, y, w, b):
    w = w.astype(np.float64, copy=True)
    mistakes = 0
    for x_i, y_i in zip(X, y):
        if y_i * (w @ x_i + b) > 0:
            continue
        w += y_i * x_i
        mistakes += 1
    return w, b, mistakes


def fit(X, y, max_epochs):
    w, b = np.zeros(X.shape[1]), 0.0
    for epoch in range(1, max_epochs + 1):
        w, b, mistakes = train_epoch(X, y, w, b)
        if mistakes == 0:
            return w, b, epoch
    return w, b, max_epochs

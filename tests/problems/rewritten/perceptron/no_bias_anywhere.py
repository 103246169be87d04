"""*Wrong:* no bias"""

import numpy as np


def predict(X, w, b):
    return np.array([1.0 if np.dot(w, row) > 0 else -1.0 for row in X])


def train_epoch(X, y, w, b):
    w = w.copy()
    wrong = 0
    for i, row in enumerate(X):
        if y[i] * np.dot(w, row) <= 0:
            w += y[i] * row
            wrong += 1
    return w, b, wrong


def fit(X, y, max_epochs):
    w, b = np.zeros(X.shape[1]), 0.0
    for epoch in range(1, max_epochs + 1):
        w, b, mistakes = train_epoch(X, y, w, b)
        if mistakes == 0:
            return w, b, epoch
    return w, b, max_epochs

import numpy as np


def predict(X, w, b):
    return (X @ w + b > 0).astype(np.float64)


def train_epoch(X, y, w, b):
    w = w.copy()
    mistakes = 0
    for xi, yi in zip(X, y):
        if yi * (xi @ w + b) <= 0:
            w += yi * xi
            b = b + yi
            mistakes += 1
    return w, b, mistakes


def fit(X, y, max_epochs):
    w, b = np.zeros(X.shape[1]), 0.0
    epochs = 0
    for _ in range(max_epochs):
        w, b, mistakes = train_epoch(X, y, w, b)
        epochs += 1
        if mistakes == 0:
            break
    return w, b, epochs

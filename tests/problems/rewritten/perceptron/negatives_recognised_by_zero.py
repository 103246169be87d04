import numpy as np


def predict(X, w, b):
    return np.where(X @ w + b > 0, 1.0, -1.0)


def train_epoch(X, y, w, b):
    w = w.copy()
    mistakes = 0
    for i in range(X.shape[0]):
        z = X[i] @ w + b
        if y[i] == 1 and z <= 0:
            w = w + X[i]
            b = b + 1.0
            mistakes += 1
        elif y[i] == 0 and z >= 0:
            w = w - X[i]
            b = b - 1.0
            mistakes += 1
    return w, b, mistakes


def fit(X, y, max_epochs):
    w, b, epochs = np.zeros(X.shape[1]), 0.0, 0
    for _ in range(max_epochs):
        w, b, mistakes = train_epoch(X, y, w, b)
        epochs += 1
        if mistakes == 0:
            break
    return w, b, epochs

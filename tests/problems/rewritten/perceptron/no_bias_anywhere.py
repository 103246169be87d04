import numpy as np


def predict(X, w, b):
    return np.where(X @ w > 0, 1.0, -1.0)


def train_epoch(X, y, w, b):
    w = w.copy()
    mistakes = 0
    for x_n, y_n in zip(X, y):
        if y_n * (w @ x_n) <= 0:
            w = w + y_n * x_n
            mistakes += 1
    return w, b, mistakes


def fit(X, y, max_epochs):
    w = np.zeros(X.shape[1])
    b = 0.0
    epochs = 0
    for _ in range(max_epochs):
        w, b, mistakes = train_epoch(X, y, w, b)
        epochs += 1
        if mistakes == 0:
            break
    return w, b, epochs

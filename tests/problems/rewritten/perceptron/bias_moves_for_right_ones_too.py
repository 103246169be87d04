import numpy as np


def predict(X, w, b):
    z = np.matmul(X, w) + b
    return np.where(z > 0.0, 1.0, -1.0)


def train_epoch(X, y, w, b):
    weights = w.astype(np.float64, copy=True)
    errors = 0
    for xi, yi in zip(X, y):
        wrong = float(yi * (weights @ xi + b) <= 0)
        weights += wrong * yi * xi
        b = b + yi
        errors += int(wrong)
    return weights, b, errors


def fit(X, y, max_epochs):
    w, b = np.zeros(X.shape[1]), 0.0
    n = 0
    while n < max_epochs:
        w, b, errors = train_epoch(X, y, w, b)
        n += 1
        if errors == 0:
            break
    return w, b, n

import numpy as np


def step(z):
    """The threshold unit: it fires or it does not."""
    return 1.0 if z > 0 else 0.0


def predict(X, w, b):
    return np.array([1.0 if step(x @ w + b) else -1.0 for x in X])


def train_epoch(X, y, w, b):
    w = w.copy()
    mistakes = 0
    for x, target in zip(X, y):
        error = target - step(x @ w + b)
        if error != 0:
            w = w + error * x
            b = b + error
            mistakes += 1
    return w, b, mistakes


def fit(X, y, max_epochs):
    w, b = np.zeros(X.shape[1]), 0.0
    for n in range(1, max_epochs + 1):
        w, b, mistakes = train_epoch(X, y, w, b)
        if not mistakes:
            return w, b, n
    return w, b, max_epochs

import numpy as np


def _margin(x, label, w, b):
    return label * (float(x @ w) + b)


def predict(X, w, b):
    return 2.0 * ((X @ w + b) > 0) - 1.0


def train_epoch(X, y, w, b):
    w, changed = np.copy(w), 0
    for x, label in zip(X, y):
        # stay away from the boundary, on the right side
        if _margin(x, label, w, b) < 1:
            w += label * x
            b = b + label
            changed += 1
    return w, b, changed


def fit(X, y, max_epochs):
    w, b, epochs, mistakes = np.zeros(X.shape[1]), 0.0, 0, None
    while mistakes != 0 and epochs < max_epochs:
        w, b, mistakes = train_epoch(X, y, w, b)
        epochs += 1
    return w, b, epochs

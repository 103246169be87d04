"""Plain Python numbers and lists, turned into arrays at the end."""

import numpy as np


def _score(x, w, b):
    return sum(xi * wi for xi, wi in zip(x, w)) + b


def predict(X, w, b):
    return np.array([1.0 if _score(x, w, b) > 0 else -1.0 for x in X.tolist()])


def train_epoch(X, y, w, b):
    w, mistakes = list(w), 0
    for x, label in zip(X.tolist(), y.tolist()):
        margin = label * _score(x, w, b)
        if margin > 0:
            continue
        w = [wi + label * xi for wi, xi in zip(w, x)]
        b += label
        mistakes += 1
    return np.array(w, dtype=float), float(b), mistakes


def fit(X, y, max_epochs):
    def run(w, b, done):
        if done == max_epochs:
            return w, b, done
        w, b, mistakes = train_epoch(X, y, w, b)
        return (w, b, done + 1) if mistakes == 0 else run(w, b, done + 1)

    return run(np.zeros(X.shape[1]), 0.0, 0)

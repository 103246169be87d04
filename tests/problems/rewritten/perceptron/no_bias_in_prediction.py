"""*Wrong:* no bias"""

import numpy as np


def predict(X, w, b):
    side = np.sign(np.einsum("nd,d->n", X, w))
    side[side == 0] = -1
    return side


def train_epoch(X, y, w, b):
    w = np.array(w, dtype=np.float64)
    b, mistakes = float(b), 0
    for example, label in zip(X, y):
        if label * (example @ w + b) <= 0:
            w = w + label * example
            b += float(label)
            mistakes += 1
    return w, b, mistakes


def fit(X, y, max_epochs):
    w, b = np.zeros(X.shape[1]), 0.0
    for epoch in range(1, max_epochs + 1):
        w, b, mistakes = train_epoch(X, y, w, b)
        if mistakes == 0:
            return w, b, epoch
    return w, b, max_epochs

import numpy as np


def predict(X, w, b):
    return np.where(np.einsum("nd,d->n", X, w) + b > 0, 1.0, -1.0)


def train_epoch(X, y, w, b):
    targets = 2 * y - 1          # {0, 1} -> {-1, +1}
    w = np.array(w, dtype=float)
    mistakes = 0
    for x, t in zip(X, targets):
        if t * (x.dot(w) + b) <= 0:
            w += t * x
            b = b + t
            mistakes += 1
    return w, b, mistakes


def fit(X, y, max_epochs):
    w = np.zeros(X.shape[1])
    b = 0.0
    epochs = 0
    while epochs < max_epochs:
        w, b, mistakes = train_epoch(X, y, w, b)
        epochs += 1
        if mistakes == 0:
            break
    return w, b, epochs

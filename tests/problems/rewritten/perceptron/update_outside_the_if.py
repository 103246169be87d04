import numpy as np


def predict(X, w, b):
    out = np.full(X.shape[0], -1.0)
    out[X.dot(w) + b > 0] = 1.0
    return out


def train_epoch(X, y, w, b):
    w = w.copy()
    mistakes = 0
    for i in range(len(y)):
        margin = y[i] * (np.dot(w, X[i]) + b)
        if margin <= 0:
            mistakes += 1
        w = w + y[i] * X[i]
        b = b + y[i]
    return w, b, mistakes


def fit(X, y, max_epochs):
    w = np.zeros(X.shape[1])
    b = 0.0
    epochs = 0
    for _ in range(max_epochs):
        w, b, mistakes = train_epoch(X, y, w, b)
        epochs += 1
        if not mistakes:
            break
    return w, b, epochs

"""Rosenblatt's perceptron."""

import numpy as np


def predict(X, w, b):
    score = X @ w + b
    return np.where(score > 0, 1.0, -1.0)


def train_epoch(X, y, w, b):
    w = np.array(w, dtype=np.float64)
    b = float(b)
    mistakes = 0
    for row, label in zip(X, y):
        margin = label * (row @ w + b)
        if margin <= 0:
            w = w + label * row
            b = b + float(label)
            mistakes += 1
    return w, b, mistakes


def fit(X, y, max_epochs):
    w, b = np.zeros(X.shape[1]), 0.0
    epochs = 0
    while epochs < max_epochs:
        w, b, mistakes = train_epoch(X, y, w, b)
        epochs += 1
        if mistakes == 0:
            break
    return w, b, epochs

"""You never change the bias: a mistake moves it by the label."""

import numpy as np


def predict(X, w, b):
    scores = X @ w + b
    return np.where(scores > 0, 1.0, -1.0)


def train_epoch(X, y, w, b):
    w = w.copy()
    mistakes = 0
    for i in range(len(X)):
        if y[i] * (np.dot(X[i], w) + b) <= 0:
            w = w + y[i] * X[i]
            mistakes += 1
    return w, float(b), mistakes


def fit(X, y, max_epochs):
    w = np.zeros(X.shape[1])
    b = 0.0
    for epoch in range(max_epochs):
        w, b, mistakes = train_epoch(X, y, w, b)
        if mistakes == 0:
            break
    return w, b, epoch + 1

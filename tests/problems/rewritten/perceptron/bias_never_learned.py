import numpy as np


def score(X, w, b):
    return X @ w + b


def predict(X, w, b):
    return np.where(score(X, w, b) > 0, 1.0, -1.0)


def train_epoch(X, y, w, b):
    w = np.copy(w)
    mistakes = 0
    for i, label in enumerate(y):
        if label * score(X[i], w, b) > 0:
            continue
        w += label * X[i]
        mistakes += 1
    return w, b, mistakes


def fit(X, y, max_epochs):
    w, b = np.zeros(X.shape[1]), 0.0
    for epoch in range(max_epochs):
        w, b, mistakes = train_epoch(X, y, w, b)
        if mistakes == 0:
            return w, b, epoch + 1
    return w, b, max_epochs

"""You learn from the label minus a prediction of 0 or 1: the rule is made for labels and predictions of -1 and +1."""

import numpy as np


def predict(X, w, b):
    return np.where(X @ w + b > 0, 1.0, -1.0)


def train_epoch(X, y, w, b):
    w, mistakes = w.copy(), 0
    for row, label in zip(X, y):
        score = np.dot(row, w) + b
        step = label - (1.0 if score > 0 else 0.0)
        w, b = w + step * row, b + step
        mistakes += int(label * score <= 0)
    return w, float(b), mistakes


def fit(X, y, max_epochs):
    w, b = np.zeros(X.shape[1]), 0.0
    for epoch in range(1, max_epochs + 1):
        w, b, mistakes = train_epoch(X, y, w, b)
        if mistakes == 0:
            break
    return w, b, epoch

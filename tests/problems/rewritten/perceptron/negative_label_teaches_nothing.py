"""*Wrong:* 0/1 labels where ±1 is meant (labels turned into 0 and 1 in the rule)"""

import numpy as np


def predict(X, w, b):
    return np.where(X @ w + b > 0, 1.0, -1.0)


def train_epoch(X, y, w, b):
    w = w.copy()
    t = (y + 1) / 2
    mistakes = 0
    for i in range(len(y)):
        if y[i] * (X[i] @ w + b) <= 0:
            w += t[i] * X[i]
            b += t[i]
            mistakes += 1
    return w, b, mistakes


def fit(X, y, max_epochs):
    w, b = np.zeros(X.shape[1]), 0.0
    for epoch in range(1, max_epochs + 1):
        w, b, mistakes = train_epoch(X, y, w, b)
        if mistakes == 0:
            return w, b, epoch
    return w, b, max_epochs

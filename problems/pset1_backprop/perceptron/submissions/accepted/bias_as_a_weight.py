"""The bias is the weight of a feature that is always one."""

import numpy as np


def _with_one(X):
    return np.hstack([X, np.ones((len(X), 1))])


def predict(X, w, b):
    scores = _with_one(X) @ np.append(w, b)
    return 2.0 * (scores > 0) - 1.0


def train_epoch(X, y, w, b):
    v = np.append(w, b).astype(float)
    mistakes = 0
    for x, label in zip(_with_one(X) * y[:, None], y):
        if v @ x <= 0:
            v = v + x
            mistakes += 1
    return v[:-1].copy(), float(v[-1]), mistakes


def fit(X, y, max_epochs):
    w, b = np.zeros(X.shape[1]), 0.0
    for epoch in range(1, max_epochs + 1):
        w, b, mistakes = train_epoch(X, y, w, b)
        if not mistakes:
            return w, b, epoch
    return w, b, max_epochs

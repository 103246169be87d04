import numpy as np


def _augment(X):
    """Put the constant feature behind the others, so that the bias is a weight like any other."""
    return np.hstack([X, np.zeros((X.shape[0], 1))])


def predict(X, w, b):
    theta = np.append(w, b)
    return np.where(_augment(X) @ theta > 0, 1.0, -1.0)


def train_epoch(X, y, w, b):
    theta = np.append(w, b).astype(float)
    mistakes = 0
    for x, label in zip(_augment(X), y):
        if label * (x @ theta) <= 0:
            theta += label * x
            mistakes += 1
    return theta[:-1], float(theta[-1]), mistakes


def fit(X, y, max_epochs):
    w, b, epochs = np.zeros(X.shape[1]), 0.0, 0
    while epochs < max_epochs:
        w, b, m = train_epoch(X, y, w, b)
        epochs += 1
        if m == 0:
            break
    return w, b, epochs

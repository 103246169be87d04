import numpy as np


def predict(X, w, b):
    return np.array([1.0 if float(np.dot(x, w)) + b > 0 else -1.0 for x in X])


def train_epoch(X, y, w, b):
    new_w = np.array(w)
    new_b = b
    mistakes = 0
    for n in range(X.shape[0]):
        s = np.dot(X[n], new_w) + new_b
        if y[n] * s >= 0:
            new_w = new_w + y[n] * X[n]
            new_b = new_b + y[n]
            mistakes = mistakes + 1
    return new_w, new_b, mistakes


def fit(X, y, max_epochs):
    w = np.zeros(X.shape[1])
    b = 0.0
    for epoch in range(1, max_epochs + 1):
        w, b, mistakes = train_epoch(X, y, w, b)
        if mistakes == 0:
            return w, b, epoch
    return w, b, max_epochs

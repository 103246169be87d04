import numpy as np


def predict(X, w, b):
    labels = np.sign(X @ w + b)
    labels[labels == 0] = -1.0
    return labels


def train_epoch(X, y, w, b):
    w = w.copy()
    mistakes = 0
    for k in range(len(X)):
        if y[k] * np.dot(w, X[k]) <= 0:
            w += y[k] * X[k]
            b = b + y[k]
            mistakes += 1
    return w, b, mistakes


def fit(X, y, max_epochs):
    w = np.zeros(X.shape[1])
    b = 0.0
    epochs = 0
    done = False
    while not done and epochs < max_epochs:
        w, b, mistakes = train_epoch(X, y, w, b)
        epochs += 1
        done = mistakes == 0
    return w, b, epochs

"""The dual perceptron: counts of mistakes for each example, and inner products between examples."""

import numpy as np


def predict(X, w, b):
    return np.array([1.0 if float(np.dot(x, w)) + b > 0 else -1.0 for x in X])


def train_epoch(X, y, w, b):
    alphas = np.zeros(len(X))
    gram, start = X @ X.T, X @ w
    for i in range(len(X)):
        score = start[i] + gram[i] @ (alphas * y) + b + np.sum(alphas * y)
        if y[i] * score <= 0:
            alphas[i] += 1
    return w + (alphas * y) @ X, float(b + alphas @ y), int(alphas.sum())


def fit(X, y, max_epochs):
    w, b, epochs, mistakes = np.zeros(X.shape[1]), 0.0, 0, 1
    while mistakes > 0 and epochs < max_epochs:
        w, b, mistakes = train_epoch(X, y, w, b)
        epochs += 1
    return w, b, epochs

"""Reference solution: Rosenblatt's perceptron."""

import numpy as np


def predict(X: np.ndarray, w: np.ndarray, b: float) -> np.ndarray:
    return np.where(X @ w + b > 0, 1.0, -1.0)


def train_epoch(X: np.ndarray, y: np.ndarray, w: np.ndarray, b: float) -> tuple[np.ndarray, float, int]:
    w, mistakes = w.copy(), 0
    for example, label in zip(X, y, strict=True):
        # The margin of an example on the boundary is zero: it is not on its right side yet. From zero
        # weights every example is there, so without the equality nothing would ever be learned.
        if label * (example @ w + b) <= 0:
            w += label * example
            b = b + label
            mistakes += 1
    return w, float(b), mistakes


def fit(X: np.ndarray, y: np.ndarray, max_epochs: int) -> tuple[np.ndarray, float, int]:
    w, b, epochs = np.zeros(X.shape[1]), 0.0, 0
    while epochs < max_epochs:
        w, b, mistakes = train_epoch(X, y, w, b)
        epochs += 1
        if mistakes == 0:
            break
    return w, b, epochs

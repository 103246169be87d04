"""Rosenblatt's perceptron.

N examples with D features; labels are -1.0 or +1.0. No function may change its arguments.
NumPy and the standard library only.
"""

import numpy as np


def predict(X: np.ndarray, w: np.ndarray, b: float) -> np.ndarray:
    """The label of each example: +1.0 where X w + b is positive, else -1.0.

    X: (N, D), w: (D,), b: a number.
    Returns (N,), float64.
    """
    raise NotImplementedError


def train_epoch(X: np.ndarray, y: np.ndarray, w: np.ndarray, b: float) -> tuple[np.ndarray, float, int]:
    """Go through the examples once, in order, and learn from each that is not on its right side.

    X: (N, D), y: (N,), w: (D,), b: a number.
    Returns (w, b, mistakes): the new weights, (D,), the new bias, and how often they were changed.
    """
    raise NotImplementedError


def fit(X: np.ndarray, y: np.ndarray, max_epochs: int) -> tuple[np.ndarray, float, int]:
    """Train from zero weights and bias until an epoch makes no mistake, or for max_epochs epochs.

    Returns (w, b, epochs): epochs is how many were run, the one without a mistake included.
    """
    raise NotImplementedError

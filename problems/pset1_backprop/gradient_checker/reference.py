"""Reference solution: a gradient checker."""

from collections.abc import Callable

import numpy as np

Function = Callable[[np.ndarray], np.ndarray]
Backward = Callable[[np.ndarray, np.ndarray], np.ndarray]


def _moved(x: np.ndarray, index: tuple[int, ...], by: float) -> np.ndarray:
    """A copy of x with one entry moved: nothing to restore, and nobody else's to change."""
    copy = np.array(x, dtype=np.float64)
    copy[index] += by
    return copy


def numerical_gradient(function: Callable[[np.ndarray], float], x: np.ndarray, h: float = 1e-5) -> np.ndarray:
    # A number is an output of its own, and its cotangent is 1.
    return numerical_vjp(function, x, np.ones(()), h)


def numerical_vjp(function: Function, x: np.ndarray, cotangent: np.ndarray, h: float = 1e-5) -> np.ndarray:
    gradient = np.zeros(np.shape(x))
    for index in np.ndindex(*gradient.shape):
        difference = function(_moved(x, index, h)) - function(_moved(x, index, -h))
        gradient[index] = np.sum(cotangent * difference) / (2 * h)
    return gradient


def relative_error(a: np.ndarray, b: np.ndarray) -> float:
    if np.shape(a) != np.shape(b) or not (np.isfinite(a).all() and np.isfinite(b).all()):
        return float("inf")
    largest = max(np.abs(a).max(), np.abs(b).max())
    # Without this, two gradients that are rightly zero would give 0 / 0.
    return float(np.abs(a - b).max() / largest) if largest > 0 else 0.0


def backward_is_right(
    forward: Function, backward: Backward, x: np.ndarray, seed: int, tolerance: float = 1e-6
) -> bool:
    x = np.array(x, dtype=np.float64)
    cotangent = np.random.default_rng(seed).standard_normal(np.shape(forward(x)))
    numerical = numerical_vjp(forward, x, cotangent)
    return relative_error(backward(cotangent.copy(), x.copy()), numerical) <= tolerance

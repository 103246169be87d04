"""A gradient checker: central differences, and a judgement on a gradient that was written by hand.

A function to be differentiated takes one array, and may return a view of it. Whatever the dtype of x, move
it in float64. No function may change its arguments. NumPy and the standard library only; `support.py` has
functions to try your code on.
"""

from collections.abc import Callable

import numpy as np

Function = Callable[[np.ndarray], np.ndarray]
Backward = Callable[[np.ndarray, np.ndarray], np.ndarray]


def numerical_gradient(function: Callable[[np.ndarray], float], x: np.ndarray, h: float = 1e-5) -> np.ndarray:
    """The gradient of a function that returns a number, by central differences with the step h.

    x: any shape. Returns an array of x's shape, float64.
    """
    raise NotImplementedError


def numerical_vjp(function: Function, x: np.ndarray, cotangent: np.ndarray, h: float = 1e-5) -> np.ndarray:
    """The vector-Jacobian product of a function that returns an array, by central differences.

    cotangent: the shape of what the function returns.
    Returns an array of x's shape, float64.
    """
    raise NotImplementedError


def relative_error(a: np.ndarray, b: np.ndarray) -> float:
    """The largest difference of two entries over the largest size of an entry.

    0 if both arrays are zero everywhere; infinite if their shapes differ or an entry is not finite.
    """
    raise NotImplementedError


def backward_is_right(
    forward: Function, backward: Backward, x: np.ndarray, seed: int, tolerance: float = 1e-6
) -> bool:
    """Whether backward(dy, x) is the vector-Jacobian product of forward at x.

    It is, if the relative error is at most the tolerance for a cotangent of normal random numbers, drawn from
    np.random.default_rng(seed).
    """
    raise NotImplementedError

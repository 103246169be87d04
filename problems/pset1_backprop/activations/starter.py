"""Five activation functions, forward and backward.

Every function works elementwise on an array with one axis or more, and returns one of that shape and dtype.
``dy`` is the gradient of the loss with respect to the activation's output (any array of that shape).
No function may change its arguments. NumPy and the standard library only.
"""

import numpy as np


def relu(x: np.ndarray) -> np.ndarray:
    """x where x is positive, else 0."""
    raise NotImplementedError


def relu_backward(dy: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Pull dy back through the ReLU. x is its input. The slope at exactly 0 is 0."""
    raise NotImplementedError


def leaky_relu(x: np.ndarray, slope: float) -> np.ndarray:
    """x where x is positive, else slope * x. The slope is any number, also above one."""
    raise NotImplementedError


def leaky_relu_backward(dy: np.ndarray, x: np.ndarray, slope: float) -> np.ndarray:
    """Pull dy back through the leaky ReLU. x is its input. The slope at exactly 0 is ``slope``."""
    raise NotImplementedError


def sigmoid(x: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-x)), without overflow for any x."""
    raise NotImplementedError


def sigmoid_backward(dy: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Pull dy back through the sigmoid. y is its OUTPUT."""
    raise NotImplementedError


def tanh(x: np.ndarray) -> np.ndarray:
    """The hyperbolic tangent."""
    raise NotImplementedError


def tanh_backward(dy: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Pull dy back through the hyperbolic tangent. y is its OUTPUT."""
    raise NotImplementedError


def gelu(x: np.ndarray) -> np.ndarray:
    """x / 2 * (1 + tanh(u)) with u = sqrt(2 / pi) * (x + 0.044715 * x**3)."""
    raise NotImplementedError


def gelu_backward(dy: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Pull dy back through the GELU. x is its input."""
    raise NotImplementedError

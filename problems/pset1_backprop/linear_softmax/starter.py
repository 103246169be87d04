"""A linear layer with softmax cross-entropy, forward and backward.

N examples, D features, C classes. Floating-point arrays are float64; labels are int64.
No function may change its arguments. NumPy and the standard library only.
"""

import numpy as np


def linear_forward(x: np.ndarray, W: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Apply the linear layer.

    x: (N, D), W: (D, C), b: (C,).
    Returns the logits, (N, C).
    """
    raise NotImplementedError


def linear_backward(
    dlogits: np.ndarray, x: np.ndarray, W: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pull a gradient back through the linear layer.

    dlogits: (N, C), the gradient of the loss with respect to the layer's output (any array).
    x: (N, D), W: (D, C), as they were in the forward pass.
    Returns (dx, dW, db), of shapes (N, D), (D, C), (C,).
    """
    raise NotImplementedError


def softmax(logits: np.ndarray) -> np.ndarray:
    """Turn each row of logits, (N, C), into probabilities, (N, C). Logits may be large."""
    raise NotImplementedError


def cross_entropy(logits: np.ndarray, labels: np.ndarray) -> float:
    """The mean over the batch of -log(probability of the right class).

    logits: (N, C), before the softmax. labels: (N,), integers from 0 to C - 1.
    Returns a number.
    """
    raise NotImplementedError


def cross_entropy_backward(probs: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The gradient of the mean cross-entropy with respect to the logits.

    probs: (N, C), the softmax of the logits. labels: (N,).
    Returns (N, C).
    """
    raise NotImplementedError

"""Max pooling and average pooling, forward and backward.

N images, C channels, H rows, W columns; windows of KH rows and KW columns; output OH by OW.
``kernel``, ``stride`` and ``padding`` are pairs (rows, columns). Results have the dtype of ``x``.
No function may change its arguments. NumPy and the standard library only.
"""

import numpy as np

Pair = tuple[int, int]


def max_pool_forward(x: np.ndarray, kernel: Pair, stride: Pair, padding: Pair) -> np.ndarray:
    """The largest value of each window.

    x: (N, C, H, W). Padding never wins: it is as good as absent.
    Returns y, (N, C, OH, OW).
    """
    raise NotImplementedError


def max_pool_backward(dy: np.ndarray, x: np.ndarray, kernel: Pair, stride: Pair, padding: Pair) -> np.ndarray:
    """Pull a gradient back through max pooling.

    dy: (N, C, OH, OW), the gradient of the loss with respect to y (any array).
    x: (N, C, H, W), as it was in the forward pass.
    Of several largest values in a window, the first in reading order gets the gradient.
    Returns dx, (N, C, H, W).
    """
    raise NotImplementedError


def avg_pool_forward(x: np.ndarray, kernel: Pair, stride: Pair, padding: Pair) -> np.ndarray:
    """The mean of each window's pixels. Padding is not counted.

    x: (N, C, H, W).
    Returns y, (N, C, OH, OW).
    """
    raise NotImplementedError


def avg_pool_backward(dy: np.ndarray, x: np.ndarray, kernel: Pair, stride: Pair, padding: Pair) -> np.ndarray:
    """Pull a gradient back through average pooling.

    dy: (N, C, OH, OW), the gradient of the loss with respect to y (any array).
    x: (N, C, H, W), as it was in the forward pass; only its shape and dtype matter.
    Returns dx, (N, C, H, W).
    """
    raise NotImplementedError

"""Two-dimensional convolution, forward and backward.

N images, C channels, H rows, W columns; F filters of KH rows and KW columns; output OH by OW.
``stride``, ``padding`` and ``dilation`` are pairs (rows, columns). Results have the dtype of ``x``.
No function may change its arguments. NumPy and the standard library only.
"""

import numpy as np

Pair = tuple[int, int]


def conv2d_forward(
    x: np.ndarray,
    w: np.ndarray,
    b: np.ndarray,
    stride: Pair = (1, 1),
    padding: Pair = (0, 0),
    dilation: Pair = (1, 1),
) -> np.ndarray:
    """Convolve, as deep learning libraries do: the kernel is not flipped.

    x: (N, C, H, W), w: (F, C, KH, KW), b: (F,).
    Returns y, (N, F, OH, OW).
    """
    raise NotImplementedError


def conv2d_backward(
    dy: np.ndarray,
    x: np.ndarray,
    w: np.ndarray,
    stride: Pair = (1, 1),
    padding: Pair = (0, 0),
    dilation: Pair = (1, 1),
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pull a gradient back through the convolution.

    dy: (N, F, OH, OW), the gradient of the loss with respect to y (any array).
    x: (N, C, H, W), w: (F, C, KH, KW), as they were in the forward pass.
    Returns (dx, dw, db), of shapes (N, C, H, W), (F, C, KH, KW), (F,).
    """
    raise NotImplementedError

"""One-dimensional convolution with groups, forward and backward.

N signals, C channels, L samples; F filters of K taps; G groups; output of M samples. G divides C and F.
The results have the dtype of x. No function may change its arguments. NumPy and the standard library only.
"""

import numpy as np


def conv1d_forward(
    x: np.ndarray,
    w: np.ndarray,
    b: np.ndarray,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
    groups: int = 1,
) -> np.ndarray:
    """Convolve each group of channels with the filters of that group. The kernel is not flipped.

    x: (N, C, L), w: (F, C / G, K), b: (F,).
    Returns y, (N, F, M).
    """
    raise NotImplementedError


def conv1d_backward(
    dy: np.ndarray,
    x: np.ndarray,
    w: np.ndarray,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
    groups: int = 1,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The gradients of a loss whose gradient with respect to y is dy.

    dy: (N, F, M), any array. x: (N, C, L), w: (F, C / G, K), as they were in the forward pass.
    Returns (dx, dw, db), of shapes (N, C, L), (F, C / G, K), (F,).
    """
    raise NotImplementedError

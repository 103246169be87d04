"""Making images larger: transposed convolution and nearest-neighbour upsampling.

N images, C channels in, F channels out, H rows, W columns; kernels of KH rows and KW columns.
``stride``, ``padding`` and ``factor`` are pairs (rows, columns). Results have the dtype of ``x``.
No function may change its arguments. NumPy and the standard library only.
"""

import numpy as np

Pair = tuple[int, int]


def conv_transpose2d_forward(
    x: np.ndarray, w: np.ndarray, b: np.ndarray, stride: Pair = (1, 1), padding: Pair = (0, 0)
) -> np.ndarray:
    """Transposed convolution: every pixel stamps the kernel, times its value, onto the output.

    x: (N, C, H, W), w: (C, F, KH, KW), b: (F,).
    Returns y, (N, F, OH, OW).
    """
    raise NotImplementedError


def conv_transpose2d_backward(
    dy: np.ndarray, x: np.ndarray, w: np.ndarray, stride: Pair = (1, 1), padding: Pair = (0, 0)
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pull a gradient back through the transposed convolution.

    dy: (N, F, OH, OW), the gradient of the loss with respect to y (any array).
    x: (N, C, H, W), w: (C, F, KH, KW), as they were in the forward pass.
    Returns (dx, dw, db), of shapes (N, C, H, W), (C, F, KH, KW), (F,).
    """
    raise NotImplementedError


def upsample_nearest(x: np.ndarray, factor: Pair) -> np.ndarray:
    """Repeat every pixel factor[0] times in rows and factor[1] times in columns.

    x: (N, C, H, W). Returns (N, C, factor[0] H, factor[1] W).
    """
    raise NotImplementedError


def upsample_nearest_backward(dy: np.ndarray, factor: Pair) -> np.ndarray:
    """Pull a gradient back through the upsampling.

    dy: (N, C, factor[0] H, factor[1] W). Returns dx, (N, C, H, W).
    """
    raise NotImplementedError

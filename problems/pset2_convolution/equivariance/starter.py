"""Translation equivariance, measured; and convolutions that are equivariant to quarter turns as well.

C channels, H rows, W columns (H and W may differ); F filters of K by K, K odd. An axis of length 4 is that of
the quarter turns: index r stands for r of them, counter-clockwise. Results have the dtype of the first
argument. No function may change its arguments. NumPy and the standard library only.
"""

from collections.abc import Callable

import numpy as np


def correlate(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Convolution as in deep learning, stride 1, with zeros around x so that the size stays.

    x: (C, H, W), w: (F, C, K, K). Returns (F, H, W).
    """
    raise NotImplementedError


def shift(x: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """The picture moved down and to the right (up and to the left, where negative); zeros come in.

    x: (C, H, W). Returns the same shape.
    """
    raise NotImplementedError


def translation_error(
    function: Callable[[np.ndarray], np.ndarray], x: np.ndarray, rows: int, columns: int, margin: int
) -> float:
    """How much it matters whether a picture is shifted before the function or after it.

    The largest absolute difference, over pixels with at least `margin` others between them and each side.
    function: from (C, H, W) to (any number, H, W).
    """
    raise NotImplementedError


def turn(y: np.ndarray) -> np.ndarray:
    """What a quarter turn of the picture does to features with an axis of turns.

    y: (4, F, H, W). Returns (4, F, W, H).
    """
    raise NotImplementedError


def lift(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    """The lifting layer: the picture, seen by each filter in all four positions.

    x: (C, H, W), w: (F, C, K, K). Returns (4, F, H, W).
    """
    raise NotImplementedError


def group_correlate(y: np.ndarray, w: np.ndarray) -> np.ndarray:
    """The group layer: from features with an axis of turns to such features.

    y: (4, C, H, W), w: (F, 4, C, K, K). Returns (4, F, H, W).
    """
    raise NotImplementedError


def pool(y: np.ndarray) -> np.ndarray:
    """The largest over the turns. y: (4, F, H, W). Returns (F, H, W)."""
    raise NotImplementedError

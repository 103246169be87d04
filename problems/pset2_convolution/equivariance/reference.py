"""Reference solution: translation equivariance measured, and a C4 group convolution."""

from collections.abc import Callable

import numpy as np

TURNS = 4


def _turned(picture: np.ndarray, times: int) -> np.ndarray:
    """Quarter turns, counter-clockwise, of the last two axes."""
    return np.rot90(picture, times, axes=(-2, -1))


def correlate(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    (_, height, width), size = x.shape, w.shape[-1]
    around = size // 2
    padded = np.pad(x, ((0, 0), (around, around), (around, around)))
    return sum(
        np.tensordot(w[:, :, u, v], padded[:, u : u + height, v : v + width], axes=1)
        for u in range(size)
        for v in range(size)
    )


def shift(x: np.ndarray, rows: int, columns: int) -> np.ndarray:
    _, height, width = x.shape
    # Rolled with enough zeros around it, nothing of the picture comes in again at the other side.
    padded = np.pad(x, ((0, 0), (abs(rows), abs(rows)), (abs(columns), abs(columns))))
    moved = np.roll(padded, (rows, columns), axis=(1, 2))
    return moved[:, abs(rows) : abs(rows) + height, abs(columns) : abs(columns) + width]


def translation_error(
    function: Callable[[np.ndarray], np.ndarray], x: np.ndarray, rows: int, columns: int, margin: int
) -> float:
    difference = function(shift(x, rows, columns)) - shift(function(x), rows, columns)
    _, height, width = difference.shape
    return float(np.abs(difference[:, margin : height - margin, margin : width - margin]).max())


def turn(y: np.ndarray) -> np.ndarray:
    # What one filter saw in a position, it sees in the next position once the picture is turned.
    return np.roll(_turned(y, 1), 1, axis=0)


def lift(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    return np.stack([correlate(x, _turned(w, r)) for r in range(TURNS)])


def group_correlate(y: np.ndarray, w: np.ndarray) -> np.ndarray:
    features = y.reshape(-1, *y.shape[2:])  # (4 C, H, W): the turns are channels like others
    # A filter that is turned turns in the plane, and its planes move on by one along the axis of turns.
    kernels = (np.roll(_turned(w, r), r, axis=1) for r in range(TURNS))
    return np.stack([correlate(features, k.reshape(len(k), -1, *k.shape[3:])) for k in kernels])


def pool(y: np.ndarray) -> np.ndarray:
    return y.max(axis=0)

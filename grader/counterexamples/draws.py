"""A random source that draws what is easy to read: few numbers, each with few digits."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numpy.typing import DTypeLike, NDArray

from grader.authoring import Random

__all__ = ["SMALLEST", "SmallRandom", "TooManyDrawsError"]

SMALLEST: Final = -2
_MOST_DRAWS: Final = 2_000
_FEW: Final = 6
_PLAIN: Final = (0.25, 4.0)
"""Scales between which a check would not mind plain numbers."""


class TooManyDrawsError(Exception):
    """A check draws and draws: among so few numbers there may be none that it takes."""


class SmallRandom(Random):
    """Draws small inputs.

    Args:
        seed: any non-negative integer.
        room: how much larger than the smallest possible the sizes may be. Below zero they are smaller than
            a check asks for: different ones from 1 on, or at :data:`SMALLEST` only 1 and 2.
    """

    def __init__(self, seed: int, room: int) -> None:
        super().__init__(seed)
        self._room, self._drawn = room, 0

    def sizes(self, count: int, low: int, high: int) -> tuple[int, ...]:
        """``count`` small sizes; those from ``[low, high)`` are different."""
        self._count()
        if self._room <= SMALLEST:
            return tuple(int(size) for size in self.generator.integers(1, 3, count))
        if self._room < 0:
            return super().sizes(count, min(low, 1), min(high, 1 + count))
        return super().sizes(count, low, min(high, low + count + self._room))

    def normal(self, *shape: int, scale: float = 1.0, dtype: DTypeLike = np.float64) -> NDArray[Any]:
        """Whole numbers, halves or quarters of either sign, none of them 0; a few are all different."""
        self._count()
        count = math.prod(shape)
        step = 1.0 if count <= _FEW else 0.5 if count <= 2 * _FEW else 0.25
        sizes = step * (1 + self.generator.permutation(max(count, 3))[:count] % (4 * _FEW))
        signs = np.where(self.generator.random(count) < 0.5, -1.0, 1.0)
        numbers = (sizes * signs).reshape(shape)
        if not _PLAIN[0] <= abs(scale) <= _PLAIN[1]:
            numbers = _with_digits(numbers * scale, 3)
        return numbers.astype(dtype)

    def uniform(self, *shape: int, low: float = 0.0, high: float = 1.0) -> NDArray[np.float64]:
        """Different numbers in ``[low, high)`` with as few digits as it takes to have enough of them."""
        self._count()
        count = math.prod(shape)
        digits = 1 - math.ceil(math.log10(high - low))
        while True:
            step = 10.0**-digits
            first, last = math.ceil(low / step), math.ceil(high / step) - 1
            if last - first >= 2 * count:
                break
            digits += 1
        drawn = first + self.generator.permutation(min(last - first + 1, 4 * count + 10))[:count]
        if digits > 0:
            return np.asarray(np.round(drawn / 10.0**digits, digits), np.float64).reshape(shape)
        return np.asarray(drawn * step, np.float64).reshape(shape)

    def integers(self, low: int, high: int, shape: tuple[int, ...] = ()) -> NDArray[np.int64]:
        """Integers in ``[low, high)``; a single one is near ``low``."""
        self._count()
        return super().integers(low, high if shape else min(high, low + 3 + max(self._room, 0)), shape)

    def _count(self) -> None:
        self._drawn += 1
        if self._drawn > _MOST_DRAWS:
            raise TooManyDrawsError


def _with_digits(numbers: NDArray[Any], digits: int) -> NDArray[Any]:
    rounded = [float(f"{number:.{digits - 1}e}") for number in numbers.ravel().tolist()]
    return np.array(rounded).reshape(numbers.shape)

"""A random source that makes discriminating inputs easy to write. Everything random comes from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

if TYPE_CHECKING:
    import torch

__all__ = ["Random"]


class Random:
    """Draws inputs. Equal seeds draw equal inputs, on every machine.

    Args:
        seed: any non-negative integer.
    """

    def __init__(self, seed: int) -> None:
        self.generator = np.random.Generator(np.random.Philox(seed))

    def sizes(self, count: int, low: int, high: int) -> tuple[int, ...]:
        """``count`` different sizes in ``[low, high)``: no two axes can be confused."""
        drawn = self.generator.choice(np.arange(low, high), size=count, replace=False)
        return tuple(int(size) for size in drawn)

    def normal(self, *shape: int, scale: float = 1.0, dtype: DTypeLike = np.float64) -> NDArray[Any]:
        """Standard normal numbers times ``scale``."""
        return (self.generator.standard_normal(shape) * scale).astype(dtype)

    def uniform(self, *shape: int, low: float = 0.0, high: float = 1.0) -> NDArray[np.float64]:
        """Numbers in ``[low, high)``."""
        return self.generator.uniform(low, high, shape)

    def integers(self, low: int, high: int, shape: tuple[int, ...] = ()) -> NDArray[np.int64]:
        """Integers in ``[low, high)``."""
        return np.asarray(self.generator.integers(low, high, shape), dtype=np.int64)

    def labels(self, count: int, classes: int) -> NDArray[np.int64]:
        """``count`` class labels in random order; every class is there when ``count`` allows it."""
        first = self.generator.permutation(classes)[:count]
        rest = self.generator.integers(0, classes, max(count - classes, 0))
        return self.generator.permutation(np.concatenate([first, rest]).astype(np.int64))

    def mask(self, *shape: int, p: float = 0.5) -> NDArray[np.bool_]:
        """True with probability ``p``."""
        return self.generator.random(shape) < p

    def permuted(self, array: NDArray[Any]) -> NDArray[Any]:
        """The same values with the axes laid out in reverse in memory: not contiguous."""
        return np.ascontiguousarray(array.T).T

    def tensor(self, *shape: int, scale: float = 1.0, dtype: torch.dtype | None = None) -> torch.Tensor:
        """Standard normal numbers times ``scale`` as a tensor, float64 unless ``dtype`` says otherwise."""
        import torch

        return torch.from_numpy(self.normal(*shape, scale=scale)).to(dtype or torch.float64)

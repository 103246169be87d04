"""Arrays with plainer numbers in them, of which as much of the sense is kept as can be seen from outside."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from grader.authoring.comparison import as_array
from grader.counterexamples.values import like

__all__ = ["is_distribution", "plainer_arrays", "rounded"]

_LISTED: Final = 2


def plainer_arrays(array: Any) -> Iterator[Any]:
    """Arrays like ``array`` with numbers that are easier to read, the easiest first."""
    numbers = as_array(array)
    if not _simplifies(numbers):
        return
    if not _one_sign(numbers) and numbers.size > _LISTED:
        yield like(array, np.zeros_like(numbers))
        yield like(array, np.ones_like(numbers))
    for digits in (0, 1, 2):
        yield rounded(array, digits)
    short = np.array([float(f"{x:.1e}") for x in numbers.ravel().tolist()]).reshape(numbers.shape)
    yield like(array, short)


def rounded(array: Any, digits: int) -> Any:
    """Rounded where that keeps what may make sense of the numbers: their sign, their sum, being below one."""
    numbers = as_array(array)
    if not _simplifies(numbers):
        return array
    if is_distribution(numbers):
        return like(array, _plain_distribution(numbers))
    near = np.round(numbers, digits) + 0.0  # no -0.0
    kept = (np.sign(near) == np.sign(numbers)) & ((np.abs(near) < 1) == (np.abs(numbers) < 1))
    return like(array, near) if kept.all() or not _one_sign(numbers) else array


def _simplifies(numbers: NDArray[Any]) -> bool:
    """Whether there is something to make plainer; numbers that are all -1, 0 or 1 may be labels."""
    if numbers.dtype.kind != "f" or not numbers.size or not np.isfinite(numbers).all():
        return False
    return not np.isin(numbers, (-1.0, 0.0, 1.0)).all()


def _one_sign(numbers: NDArray[Any]) -> bool:
    return bool((numbers > 0).all() or (numbers < 0).all())


def is_distribution(numbers: NDArray[Any]) -> bool:
    """Whether the numbers sum to one along the last axis."""
    if numbers.dtype.kind != "f" or numbers.ndim == 0 or numbers.shape[-1] < 2:
        return False
    return bool((numbers >= 0).all() and np.allclose(numbers.sum(axis=-1), 1.0))


def _plain_distribution(numbers: NDArray[Any]) -> NDArray[np.float64]:
    """Halves, quarters, eighths ... in the same order of size along the last axis."""
    count = numbers.shape[-1]
    shares = 0.5 ** np.minimum(np.arange(1, count + 1), count - 1)
    shares = np.array([0.75, 0.25]) if count == 2 else shares
    ranks = np.argsort(np.argsort(-numbers, axis=-1), axis=-1)
    return np.asarray(shares[ranks], np.float64)

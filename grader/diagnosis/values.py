"""Answers taken apart: a text for their structure, and all their numbers, ready to be compared."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from grader.authoring.comparison import as_array, kind_of

__all__ = ["Values", "bits_of", "distance", "is_coarse", "taken_apart"]

Numbers = NDArray[np.float64]

_COARSE: Final = ("float32", "float16", "bfloat16", "complex64")
_FLOAT_BITS: Final = 20.0
_COARSE_BITS: Final = 10.0
_MOST_INTEGER_BITS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Values:
    """What a value is made of.

    ``form`` says of each part what it is: its kind, dtype and shape, or what it says if it is a text.
    ``numbers`` are those of the parts that have any, flat, as float64.
    """

    form: tuple[str, ...]
    numbers: tuple[Numbers, ...]

    @classmethod
    def joined(cls, parts: Iterable[Values]) -> Values:
        """One after the other."""
        parts = tuple(parts)
        form = tuple(text for part in parts for text in part.form)
        return cls(form, tuple(array for part in parts for array in part.numbers))


def taken_apart(value: Any) -> Values:
    """``value`` as it is now: what is done to it later does not show.

    Numbers and arrays without axes are the same thing, as they are for a check; so are lists and tuples.
    What stays in the sandbox is an "object", and is not asked anything.
    """
    form: list[str] = []
    numbers: list[Numbers] = []
    for text, array in _parts(value):
        form.append(text)
        if array is not None:
            numbers.append(array)
    return Values(tuple(form), tuple(numbers))


def _parts(value: Any) -> Iterator[tuple[str, Numbers | None]]:
    if value is None:
        yield "None", None
    elif type(value) in (str, bytes):
        yield f"text {hashlib.sha256(repr(value).encode()).hexdigest()[:16]}", None
    elif type(value) in (list, tuple):
        yield f"{len(value)} parts", None
        for item in value:
            yield from _parts(item)
    elif type(value) is dict:
        keys = sorted(value, key=repr)
        told = repr(keys).encode()
        yield f"entries {hashlib.sha256(told).hexdigest()[:16]}", None
        for key in keys:
            yield from _parts(value[key])
    elif isinstance(value, bool | np.bool_):
        yield "bool", np.array([float(value)])
    elif kind_of(value) in ("a number", "a NumPy array", "a torch tensor"):
        yield from _numeric(value)
    else:
        yield "an object", None


def _numeric(value: Any) -> Iterator[tuple[str, Numbers | None]]:
    array = as_array(value)
    if array.ndim == 0:
        text = "a number"
    else:
        text = f"{kind_of(value)} {str(value.dtype).removeprefix('torch.')} {tuple(map(int, array.shape))}"
    try:
        if array.dtype.kind == "c":
            yield text, np.array(array, np.complex128).ravel().view(np.float64)
        else:
            yield text, np.array(array, np.float64).ravel()
    except (TypeError, ValueError, OverflowError):  # an integer beyond all floats
        yield f"{text} {hashlib.sha256(repr(array).encode()).hexdigest()[:16]}", None


def is_coarse(value: Any) -> bool:
    """Whether there is an array in ``value`` of fewer digits than float64."""
    if type(value) in (list, tuple):
        return any(map(is_coarse, value))
    if type(value) is dict:
        return any(map(is_coarse, value.values()))
    return str(getattr(value, "dtype", "")).removeprefix("torch.") in _COARSE


def distance(mine: Values, known: Values) -> float:
    """How far apart two values are, relative to their scale; infinite where their form differs.

    The largest difference of two numbers, in units of the known one or of the mean size of its part,
    whichever is larger. NaN and infinities differ from all but themselves.
    """
    if mine.form != known.form:
        return math.inf
    pairs = zip(mine.numbers, known.numbers, strict=True)
    return max((_array_distance(one, other) for one, other in pairs), default=0.0)


def _array_distance(mine: Numbers, known: Numbers) -> float:
    return float(_distances(mine, known).max(initial=0.0))


def _distances(mine: Numbers, known: Numbers) -> Numbers:
    finite = np.isfinite(mine) & np.isfinite(known)
    same = (mine == known) | (np.isnan(mine) & np.isnan(known))
    with np.errstate(all="ignore"):
        sizes = np.abs(np.where(finite, known, 0.0))
        scale = np.maximum(sizes, sizes.mean() if sizes.size else 0.0)
        apart = np.where(finite, np.abs(mine - known), np.inf) / np.where(scale > 0.0, scale, 1.0)
    return np.where(same, 0.0, apart)


def bits_of(mine: Values, right: Values | None, *, near: float, coarse: bool) -> float:
    """How much a match with ``mine`` says: about the bits by which it stands out from anything else.

    Numbers that are right say nothing, and a number that comes again says nothing new. A fraction is
    worth the more the more digits it has; a small integer, which many mistakes may lead to, is worth
    little; so is an array that is zero everywhere, or NaN.

    Args:
        right: the right answer, if there is one in its place.
    """
    alike = right is not None and right.form == mine.form
    bits = 0.0
    for index, numbers in enumerate(mine.numbers):
        wrong = numbers
        if alike and right is not None:
            wrong = numbers[_distances(numbers, right.numbers[index]) > near]
        bits += max(_distinct_bits(wrong, coarse=coarse), _pattern_bits(wrong, numbers.size))
    return bits


def _distinct_bits(numbers: Numbers, *, coarse: bool) -> float:
    distinct = np.unique(numbers[np.isfinite(numbers)])
    whole = distinct[distinct == np.round(distinct)]
    for_integers = np.clip(np.log2(1.0 + np.abs(whole)), 1.0, _MOST_INTEGER_BITS).sum()
    each = _COARSE_BITS if coarse else _FLOAT_BITS
    return float(for_integers + each * (distinct.size - whole.size))


def _pattern_bits(wrong: Numbers, total: int) -> float:
    """Of few values that come often: by which of them stands where, and where none of them is wrong."""
    if not wrong.size:
        return 0.0
    counts = [*np.unique(wrong, return_counts=True, equal_nan=True)[1], total - wrong.size]
    shares = np.array([count for count in counts if count]) / total
    return float(-total * (shares * np.log2(shares)).sum())

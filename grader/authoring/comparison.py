"""Compares what a student returned with what is right, and says how they differ.

A :class:`Difference` has a ``sentence`` that is safe to show for a hidden check (it carries nothing
that the student's code chose, even where ``want`` is another answer of the student's) and a ``detail``
with the numbers, for public checks and for staff.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Difference", "Judge", "as_array", "compare", "judged_by", "kind_of", "within"]

_NAMED_PARTS = 16  # a position in a longer list could be made to tell something
_FLOAT_INTEGERS = 2**53  # up to here a float holds every integer
_KINDS: dict[type, str] = {list: "a list", tuple: "a tuple", dict: "a dict", str: "a string"}


@dataclass(frozen=True, slots=True)
class Difference:
    """How an answer differs from what is expected."""

    sentence: str
    detail: str


Judge = Callable[[NDArray[np.float64], NDArray[np.float64], float, float], NDArray[np.bool_]]
"""Says which numbers are near: their distances from what is right, its sizes, ``rtol`` and ``atol``."""


def within(
    error: NDArray[np.float64], size: NDArray[np.float64], rtol: float, atol: float
) -> NDArray[np.bool_]:
    """The judge of every grading: ``error <= atol + rtol * size``."""
    return np.asarray(error <= atol + rtol * size)


_judge: ContextVar[Judge] = ContextVar("judge", default=within)


@contextmanager
def judged_by(judge: Judge) -> Iterator[None]:
    """``with``: ``judge`` says which numbers are near. For verifying a package, never for grading."""
    token = _judge.set(judge)
    try:
        yield
    finally:
        _judge.reset(token)


def compare(got: Any, want: Any, what: str, rtol: float, atol: float, *, dtype: bool) -> Difference | None:
    """The first difference, or None: kind, then shape, dtype, finiteness, and at last the values."""
    if isinstance(want, tuple | list):
        return _compare_sequences(got, want, what, rtol, atol, dtype=dtype)
    if isinstance(want, dict):
        return _compare_dicts(got, want, what, rtol, atol, dtype=dtype)
    if isinstance(want, bool) and isinstance(got, np.bool_):
        got = bool(got)
    if want is None or isinstance(want, str | bytes | bool):
        same = type(got) is type(want) and got == want
        return None if same else Difference(f"{what} is wrong.", f"expected {want!r}, got {_show(got)}")
    return _compare_numbers(got, want, what, rtol, atol, dtype=dtype)


def kind_of(value: Any) -> str:
    """``value``'s kind in a student's words."""
    if value is None:
        return "None"
    if type(value) is np.ndarray:
        return "a NumPy array"
    if _is_tensor(value):
        return "a torch tensor"
    if isinstance(value, np.generic | bool | int | float | complex):
        return "a number"
    return _KINDS.get(type(value), "an object")


def as_array(value: Any) -> NDArray[Any]:
    """A number, array or tensor as a NumPy array; half precisions are widened exactly."""
    if _is_tensor(value):
        plain = value.detach()
        return np.asarray(plain.double().numpy() if plain.is_floating_point() else plain.numpy())
    return np.asarray(value)


def _compare_sequences(
    got: Any, want: Any, what: str, rtol: float, atol: float, *, dtype: bool
) -> Difference | None:
    if type(got) not in (tuple, list):
        return Difference(f"{what} should be {kind_of(want)}.", f"got {kind_of(got)}")
    if len(got) != len(want):
        return Difference(f"{what} has the wrong number of parts.", f"expected {len(want)}, got {len(got)}")
    for index, (mine, right) in enumerate(zip(got, want, strict=True)):
        part = f"{what}[{index}]" if index < _NAMED_PARTS else f"a part of {what}"
        if found_one := compare(mine, right, part, rtol, atol, dtype=dtype):
            return found_one
    return None


def _compare_dicts(
    got: Any, want: dict[Any, Any], what: str, rtol: float, atol: float, *, dtype: bool
) -> Difference | None:
    if type(got) is not dict:
        return Difference(f"{what} should be a dict.", f"got {kind_of(got)}")
    if got.keys() != want.keys():
        expected, found = sorted(map(repr, want)), sorted(map(repr, got))
        return Difference(f"{what} has the wrong keys.", f"expected {expected}, got {found}")
    for key, right in want.items():
        if found_one := compare(got[key], right, f"an entry of {what}", rtol, atol, dtype=dtype):
            return Difference(found_one.sentence, f"at {key!r}: {found_one.detail}")
    return None


def _compare_numbers(
    got: Any, want: Any, what: str, rtol: float, atol: float, *, dtype: bool
) -> Difference | None:
    expected_kind = kind_of(want)
    if expected_kind == "an object":  # it stays in the sandbox, and could say anything about itself
        return Difference(f"{what} should be made of numbers.", f"compared with {expected_kind}")
    scalar = expected_kind == "a number"
    if kind_of(got) != expected_kind and not (scalar and _is_scalar_array(got)):
        return Difference(f"{what} should be {expected_kind}.", f"got {kind_of(got)}")
    mine, right = as_array(got), as_array(want)
    if mine.shape != right.shape:
        return Difference(
            f"{what} has the wrong shape.", f"expected {_shape(right.shape)}, got {_shape(mine.shape)}"
        )
    if dtype and not scalar and str(got.dtype) != str(want.dtype):
        name = str(want.dtype).removeprefix("torch.")
        return Difference(f"{what} has the wrong dtype: {name} is expected.", f"got {got.dtype}")
    return _compare_values(mine, right, what, rtol, atol)


def _compare_values(
    mine: NDArray[Any], right: NDArray[Any], what: str, rtol: float, atol: float
) -> Difference | None:
    if unexpected := int((~_finite(mine) & _finite(right)).sum()):
        return Difference(
            f"{what} contains NaN or infinity.", f"{unexpected} of {mine.size} values are not finite"
        )
    same = np.asarray(mine == right, dtype=bool) | (_nan(mine) & _nan(right))  # also the same infinity
    error = _distance(mine, right)
    with np.errstate(invalid="ignore", over="ignore"):
        near = _finite(right) & _judge.get()(error, _distance(right, np.zeros_like(right)), rtol, atol)
    wrong = ~(same | near)
    if not wrong.any():
        return None
    worst = np.unravel_index(np.argmax(np.where(wrong, np.nan_to_num(error, nan=np.inf), -1.0)), wrong.shape)
    place = f" at [{', '.join(map(str, map(int, worst)))}]" if wrong.ndim else ""
    return Difference(
        f"{what} has wrong values.",
        f"{int(wrong.sum())} of {wrong.size} differ; the largest difference{place}: "
        f"{_told_apart(right[worst], mine[worst])}",
    )


def _finite(array: NDArray[Any]) -> NDArray[np.bool_]:
    return np.asarray(np.isfinite(array)) if array.dtype.kind in "fc" else np.ones(array.shape, dtype=bool)


def _nan(array: NDArray[Any]) -> NDArray[np.bool_]:
    return np.asarray(np.isnan(array)) if array.dtype.kind in "fc" else np.zeros(array.shape, dtype=bool)


def _distance(one: NDArray[Any], other: NDArray[Any]) -> NDArray[np.float64]:
    """The absolute difference, exact also for integers that floats cannot tell apart."""
    if _is_large(one) or _is_large(other):
        pairs = zip(one.ravel().tolist(), other.ravel().tolist(), strict=True)
        return np.array([_gap(mine, right) for mine, right in pairs], np.float64).reshape(one.shape)
    widest = np.complex128 if "c" in one.dtype.kind + other.dtype.kind else np.float64
    with np.errstate(invalid="ignore", over="ignore"):
        return np.asarray(np.abs(one.astype(widest) - other.astype(widest)))


def _gap(one: Any, other: Any) -> float:
    try:
        return float(abs(one - other))
    except OverflowError:
        return sys.float_info.max


def _is_large(array: NDArray[Any]) -> bool:
    if array.dtype.kind == "O":
        return True
    eight_bytes = array.dtype.kind in "iu" and array.dtype.itemsize == 8 and array.size > 0
    return eight_bytes and bool(array.max() > _FLOAT_INTEGERS or array.min() < -_FLOAT_INTEGERS)


def _told_apart(right: Any, mine: Any) -> str:
    """Both numbers, with as many digits as it takes to see that they differ."""
    for digits in (6, 17):
        shown = [f"{x:.{digits}g}" if np.asarray(x).dtype.kind in "fc" else str(x) for x in (right, mine)]
        if shown[0] != shown[1]:
            break
    return f"expected {shown[0]}, got {shown[1]}"


def _is_tensor(value: Any) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and type(value) is torch.Tensor


def _is_scalar_array(value: Any) -> bool:
    return (type(value) is np.ndarray or _is_tensor(value)) and value.ndim == 0


def _shape(shape: tuple[int, ...]) -> str:
    return str(tuple(int(size) for size in shape))


def _show(value: Any) -> str:
    plain = value is None or isinstance(value, str | bytes | bool | int | float | complex)
    return repr(value)[:200] if plain else kind_of(value)

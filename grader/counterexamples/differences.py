"""Where two answers to the same request differ, and how."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, NamedTuple

import numpy as np

from grader.authoring.comparison import as_array, compare, kind_of
from grader.counterexamples.programs import Line, Outcome, Path
from grader.counterexamples.values import finite_everywhere, is_array
from sandbox.errors import StudentExceptionError
from sandbox.wire.messages import Failure, Operation
from sandbox.wire.values import HandleRef

__all__ = ["PRECISIONS", "Difference", "Manner", "Precision", "difference", "wants_shape"]

_LARGE: Final = 12
"""Arrays of the wrong shape with more numbers than this are told by their shapes."""


class Precision(NamedTuple):
    """From where on two numbers count as different, and whether dtypes count."""

    rtol: float
    atol: float
    dtype: bool = False


PRECISIONS: Final = (Precision(1e-3, 1e-5), Precision(1e-7, 1e-9), Precision(1e-3, 1e-5, dtype=True))
"""In the order in which they are tried: what differs clearly is easiest to see."""
_NOT_SHOWN: Final = (Failure.MISSING, Failure.IMPORT, Failure.SYNTAX, Failure.UNSUPPORTED_VALUE)
"""Pasted code would not fail like that, or the message of the check has said it."""


class Manner(StrEnum):
    """How two answers differ."""

    RAISED = "raised"
    KIND = "kind"
    SHAPE = "shape"
    DTYPE = "dtype"
    NOT_FINITE = "not finite"
    VALUES = "values"
    CHANGED = "changed"
    """An argument, by the call."""


@dataclass(frozen=True, slots=True)
class Difference:
    """How an answer differs from what is right, and in which part; ``changed`` is the argument's number."""

    manner: Manner
    part: Path
    got: Any
    right: Any
    error: StudentExceptionError | None = None
    right_error: StudentExceptionError | None = None

    def like(self, other: Difference | None) -> bool:
        """Whether both are of the same kind, in the same part."""
        return other is not None and self._key == other._key

    @property
    def _key(self) -> tuple[object, ...]:
        errors = (None if error is None else error.kind for error in (self.error, self.right_error))
        return self.manner, self.part, *errors


def difference(line: Line, got: Outcome, right: Outcome, precision: Precision) -> Difference | None:
    """The first difference between two outcomes of ``line``, or None. Objects in a guest do not differ."""
    if got.error is not None or right.error is not None:
        return _of_errors(got, right)
    match line.operation:
        case Operation.STATE:  # whose values are often random
            return _of_states(got.value, right.value)
        case Operation.GRADIENTS:
            return _of_gradients(got.value, right.value, precision)
        case Operation.CALL if line.operands[4]:
            return _of_observations(got.value, right.value, precision)
        case _:
            return _of_values(got.value, right.value, (), precision)


def _of_errors(got: Outcome, right: Outcome) -> Difference | None:
    mine, wanted = got.error, right.error
    if mine is not None and wanted is not None and mine.kind == wanted.kind:
        return None
    if mine is not None and (mine.reason in _NOT_SHOWN or mine.kind == "NotImplementedError"):
        return None
    return Difference(Manner.RAISED, (), got.value, right.value, mine, wanted)


def _of_states(got: Any, right: Any) -> Difference | None:
    """Names and shapes, which are what differs then: not the values."""
    names, wanted = list(got) if isinstance(got, dict) else got, list(right)
    if not isinstance(got, dict) or set(names) != set(wanted):
        return Difference(Manner.KIND, (), names, wanted)
    for name in wanted:
        if np.shape(got[name]) != np.shape(right[name]):
            return Difference(Manner.SHAPE, (name,), tuple(np.shape(got[name])), tuple(np.shape(right[name])))
    return None


def _of_gradients(got: Any, right: Any, precision: Precision) -> Difference | None:
    """No gradient is as good as one that is zero everywhere."""
    if found := _of_values(got[0], right[0], (0,), precision):
        return found
    pairs = [((1, index), *pair) for index, pair in enumerate(zip(got[1], right[1], strict=True))]
    pairs += [((2, name), got[2].get(name), wanted) for name, wanted in right[2].items()]
    for part, mine, wanted in pairs:
        if found := _of_values(*_zeros_for_none(mine, wanted), part, precision):
            return Difference(found.manner, found.part, mine, wanted)
    return None


def _zeros_for_none(one: Any, other: Any) -> tuple[Any, Any]:
    if one is None and other is not None:
        return 0 * other, other
    return (one, 0 * one) if other is None and one is not None else (one, other)


def _of_observations(got: Any, right: Any, precision: Precision) -> Difference | None:
    if found := _of_values(got[0], right[0], (0,), precision):
        return found
    for index, (mine, wanted) in enumerate(zip(got[1], right[1], strict=True)):
        found = _of_values(mine, wanted, (1, index), Precision(0.0, 0.0, dtype=True))
        if found is not None:
            return Difference(Manner.CHANGED, found.part, found.got, found.right)
    return None


def _of_values(got: Any, right: Any, part: Path, precision: Precision) -> Difference | None:
    if isinstance(right, HandleRef):
        return None if isinstance(got, HandleRef) else Difference(Manner.KIND, part, got, right)
    if isinstance(right, tuple | list):
        if type(got) not in (tuple, list) or len(got) != len(right):
            return Difference(Manner.KIND, part, got, right)
        parts = [_of_values(got[key], right[key], (*part, key), precision) for key in range(len(right))]
        return next((found for found in parts if found is not None), None)
    if isinstance(right, dict):
        if type(got) is not dict or got.keys() != right.keys():
            return Difference(Manner.KIND, part, got, right)
        parts = [_of_values(got[key], right[key], (*part, key), precision) for key in right]
        return next((found for found in parts if found is not None), None)
    rtol, atol, dtype = precision
    if compare(got, right, "", rtol, atol, dtype=dtype) is None:
        return None
    return Difference(_manner(got, right, precision), part, got, right)


def _manner(got: Any, right: Any, precision: Precision) -> Manner:
    numbers = ("a NumPy array", "a torch tensor", "a number")
    if kind_of(got) not in numbers or kind_of(right) not in numbers:
        return Manner.VALUES if type(got) is type(right) else Manner.KIND
    mine, wanted = as_array(got), as_array(right)
    if mine.shape != wanted.shape:
        return Manner.SHAPE
    if kind_of(got) != kind_of(right) and kind_of(right) != "a number":
        return Manner.KIND
    if compare(got, right, "", precision.rtol, precision.atol, dtype=False) is None:
        return Manner.DTYPE
    if not finite_everywhere(mine) and finite_everywhere(wanted):
        return Manner.NOT_FINITE
    return Manner.VALUES


def wants_shape(found: Difference) -> bool:
    """Whether a difference in shape is told by the two shapes alone."""
    return (
        found.manner is Manner.SHAPE
        and all(map(is_array, (found.got, found.right)))
        and any(value.reshape(-1).shape[0] > _LARGE for value in (found.got, found.right))
    )

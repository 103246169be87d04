"""Expectations: each returns when the student's answer is right and raises otherwise.

``what`` is how the sentence calls the value ("dW", "the loss"); students read it, so it must give
nothing away. With a tuple of results, ``what`` may be a tuple of names, one for each.
"""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Any

import numpy as np

from grader.authoring.comparison import as_array, compare, kind_of
from sandbox.errors import StudentExceptionError
from sandbox.remote import Observation

__all__ = ["CheckFailedError", "close", "equal", "finite", "raises", "shape", "that", "unchanged"]


class CheckFailedError(Exception):
    """The student's answer is wrong. ``sentence`` is safe to show; ``detail`` has the numbers."""

    def __init__(self, sentence: str, detail: str = "") -> None:
        super().__init__(f"{sentence} {detail}".strip())
        self.sentence = sentence
        self.detail = detail


def close(
    got: Any,
    want: Any,
    *,
    what: str | Sequence[str],
    rtol: float = 1e-9,
    atol: float = 1e-11,
    dtype: bool = True,
) -> None:
    """``got`` is of the same kind, shape and dtype as ``want``, finite, and near it everywhere.

    Args:
        got: what the student returned. Tuples, lists and dicts are compared part by part.
        want: what is right. May be another answer of the student's: a sentence never tells what is in it.
        what: the value's name, or one name for each part of a tuple.
        rtol, atol: ``|got - want| <= atol + rtol * |want|`` must hold for every number.
        dtype: whether arrays must have the same dtype.

    Raises:
        CheckFailedError: it is not.
    """
    if isinstance(what, str):
        difference = compare(got, want, what, rtol, atol, dtype=dtype)
        if difference is not None:
            raise CheckFailedError(difference.sentence, difference.detail)
        return
    if type(got) not in (tuple, list) or len(got) != len(want):
        raise CheckFailedError(f"The result should be a tuple ({', '.join(what)}).", f"got {kind_of(got)}")
    for mine, right, name in zip(got, want, what, strict=True):
        close(mine, right, what=name, rtol=rtol, atol=atol, dtype=dtype)


def equal(got: Any, want: Any, *, what: str | Sequence[str]) -> None:
    """As :func:`close`, without any tolerance."""
    close(got, want, what=what, rtol=0.0, atol=0.0)


def shape(got: Any, expected: tuple[int, ...], *, what: str) -> None:
    """``got`` is an array or tensor of the expected shape."""
    if kind_of(got) not in ("a NumPy array", "a torch tensor"):
        raise CheckFailedError(f"{what} should be an array.", f"got {kind_of(got)}")
    if tuple(got.shape) != tuple(expected):
        raise CheckFailedError(
            f"{what} has the wrong shape.", f"expected {tuple(expected)}, got {tuple(got.shape)}"
        )


def finite(got: Any, *, what: str) -> None:
    """Every number in ``got`` is finite."""
    if kind_of(got) not in ("a NumPy array", "a torch tensor", "a number"):
        raise CheckFailedError(f"{what} should be made of numbers.", f"got {kind_of(got)}")
    array = as_array(got)
    if array.dtype.kind in "fc" and not np.isfinite(array).all():
        raise CheckFailedError(f"{what} contains NaN or infinity.")


def unchanged(observation: Observation, args: Sequence[Any], *, what: str | Sequence[str]) -> None:
    """The call left its arguments as they were sent.

    Args:
        observation: from :func:`grader.authoring.observe`.
        args: the arguments that were sent, in order.
        what: one name for all of them, or one for each.
    """
    names = [what] * len(args) if isinstance(what, str) else list(what)
    for sent, after, name in zip(args, observation.args_after, names, strict=True):
        difference = compare(after, sent, name, 0.0, 0.0, dtype=True)
        if difference is not None:
            raise CheckFailedError(f"The call changed its input {name}.", difference.detail)


def raises(kind: type[Exception], function: Any, *args: Any, what: str, **kwargs: Any) -> None:
    """Calling ``function(*args, **kwargs)`` raises ``kind`` (one of Python's own), or a subclass of it.

    A function that is missing or takes other arguments does not count as raising.

    Args:
        what: the situation, to complete "... should raise ValueError" ("a negative stride").
    """
    try:
        function(*args, **kwargs)
    except StudentExceptionError as error:
        if error.reason != "raised":
            raise
        if issubclass(getattr(builtins, error.kind), kind):
            return
        raise CheckFailedError(f"{what} should raise {kind.__name__}.", f"raised {error.kind}") from error
    raise CheckFailedError(f"{what} should raise {kind.__name__}.", "nothing was raised")


def that(condition: bool, sentence: str, detail: str = "") -> None:
    """``condition`` holds. ``sentence`` is what a student reads when it does not."""
    if not bool(condition):
        raise CheckFailedError(sentence, detail)

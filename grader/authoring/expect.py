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
from grader.authoring.judging import CheckFailedError, judge
from sandbox.errors import StudentExceptionError
from sandbox.remote import Observation

__all__ = ["CheckFailedError", "close", "equal", "finite", "raises", "shape", "that", "unchanged"]


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
        error = None if difference is None else CheckFailedError(difference.sentence, difference.detail)
        judge(what, got, error)
        return
    if type(got) not in (tuple, list) or len(got) != len(want):
        sentence = f"The result should be a tuple ({', '.join(what)})."
        judge("the result", got, CheckFailedError(sentence, f"got {kind_of(got)}"))
        return
    for mine, right, name in zip(got, want, what, strict=True):
        close(mine, right, what=name, rtol=rtol, atol=atol, dtype=dtype)


def equal(got: Any, want: Any, *, what: str | Sequence[str]) -> None:
    """As :func:`close`, without any tolerance."""
    close(got, want, what=what, rtol=0.0, atol=0.0)


def shape(got: Any, expected: tuple[int, ...], *, what: str) -> None:
    """``got`` is an array or tensor of the expected shape."""
    error = None
    if kind_of(got) not in ("a NumPy array", "a torch tensor"):
        error = CheckFailedError(f"{what} should be an array.", f"got {kind_of(got)}")
    elif tuple(got.shape) != tuple(expected):
        detail = f"expected {tuple(expected)}, got {tuple(got.shape)}"
        error = CheckFailedError(f"{what} has the wrong shape.", detail)
    judge(what, got, error)


def finite(got: Any, *, what: str) -> None:
    """Every number in ``got`` is finite."""
    error = None
    if kind_of(got) not in ("a NumPy array", "a torch tensor", "a number"):
        error = CheckFailedError(f"{what} should be made of numbers.", f"got {kind_of(got)}")
    elif (array := as_array(got)).dtype.kind in "fc" and not np.isfinite(array).all():
        error = CheckFailedError(f"{what} contains NaN or infinity.")
    judge(what, got, error)


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
        error = None
        if difference is not None:
            error = CheckFailedError(f"The call changed its input {name}.", difference.detail)
        judge(name, after, error)


def raises(kind: type[Exception], function: Any, *args: Any, what: str, **kwargs: Any) -> None:
    """Calling ``function(*args, **kwargs)`` raises ``kind`` (one of Python's own), or a subclass of it.

    A function that is missing or takes other arguments does not count as raising.

    Args:
        what: the situation, to complete "... should raise ValueError" ("a negative stride").
    """
    raised, detail = None, "nothing was raised"
    try:
        function(*args, **kwargs)
    except StudentExceptionError as error:
        if error.reason != "raised":
            raise
        raised, detail = error.kind, f"raised {error.kind}"
    right = raised is not None and issubclass(getattr(builtins, raised), kind)
    sentence = f"{what} should raise {kind.__name__}."
    judge(what, raised, None if right else CheckFailedError(sentence, detail))


def that(condition: bool, sentence: str, detail: str = "") -> None:
    """``condition`` holds. ``sentence`` is what a student reads when it does not."""
    judge(sentence, None, None if bool(condition) else CheckFailedError(sentence, detail))

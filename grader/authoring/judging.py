"""What a check has judged, expectation by expectation.

Grading ends a check at its first expectation that does not hold. Where somebody listens
(:func:`listening`), each expectation is told instead, held or not, and the check goes on: so a look at
a failed check sees all that it judges, without a change to the check.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

__all__ = ["CheckFailedError", "Told", "judge", "listening"]


class CheckFailedError(Exception):
    """The student's answer is wrong. ``sentence`` is safe to show; ``detail`` has the numbers."""

    def __init__(self, sentence: str, detail: str = "") -> None:
        super().__init__(f"{sentence} {detail}".strip())
        self.sentence = sentence
        self.detail = detail


Told = Callable[[str, Any, CheckFailedError | None], None]
"""Gets the name of what was judged, the student's value, and how it failed."""

_LISTENER: ContextVar[Told | None] = ContextVar("_LISTENER", default=None)


def judge(what: str, got: Any, error: CheckFailedError | None) -> None:
    """An expectation about ``got`` has been decided.

    Raises:
        CheckFailedError: ``error``, where nobody listens.
    """
    listener = _LISTENER.get()
    if listener is not None:
        listener(what, got, error)
    elif error is not None:
        raise error


@contextmanager
def listening(told: Told) -> Iterator[None]:
    """Tell ``told`` of each expectation in this block; none of them ends it."""
    token = _LISTENER.set(told)
    try:
        yield
    finally:
        _LISTENER.reset(token)

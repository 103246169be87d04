"""The ``mistake`` decorator: how to recognise a known mistake where comparing outputs cannot."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from grader.authoring.randomness import Random

__all__ = ["Recognition", "RecognitionFunction", "mistake"]

RecognitionFunction = Callable[[Any, Any, Random], bool]


@dataclass(frozen=True, slots=True)
class Recognition:
    """How to recognise the mistake ``name`` (a file in ``submissions/wrong_answer``) when one of ``checks``
    failed."""

    name: str
    checks: tuple[str, ...]
    function: RecognitionFunction


def mistake(name: str, *, checks: tuple[str, ...]) -> Callable[[RecognitionFunction], Recognition]:
    """Make a recognition of a function ``(student, reference, rng)`` that says whether it is this mistake.

    It is for mistakes whose outputs differ from one way of writing them to the next: random ones, ones that
    depend on what was called before, ones that show in what an argument looks like after the call, and
    those that end in an exception or in NaN. It is asked on two sets of inputs of its own when one of
    ``checks`` has failed, and must be true of both, and of no other mistake. An exception counts as no.

    Args:
        name: of the file in ``submissions/wrong_answer``, without ``.py``.
        checks: the names of the hidden checks that the mistake fails, of which it is to be told.
    """
    if not isinstance(checks, tuple) or not checks:
        raise TypeError("checks takes a tuple of the names of checks")

    def make(function: RecognitionFunction) -> Recognition:
        return Recognition(name, checks, function)

    return make

"""The first counterexample for an answer: what an author, or a benchmark, asks for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from grader.advising import Budget
from grader.answers import Answers
from grader.authoring import Check
from grader.counterexamples.layout import numbers_in
from grader.counterexamples.searching import Examples
from grader.report import CheckResult, Counterexample, Verdict, Visibility

__all__ = ["FoundExample", "find_example"]


class FoundExample(NamedTuple):
    """A counterexample, the check that it was found for, and how many numbers a student reads in it."""

    check: str
    example: Counterexample
    numbers: int


def find_example(examples: Examples, answers: Answers, failed: Iterable[Check]) -> FoundExample | None:
    """The first counterexample that is found for one of the checks that an answer failed.

    Args:
        examples: of the problem; may be used for many answers.
        answers: the answer's side, in a sandbox or (an answer of the package's own) in this process.

    Raises:
        InfrastructureError: a sandbox could not be had.
    """
    for check in failed:
        result = CheckResult(
            name=check.name,
            title=check.title,
            visibility=Visibility.HIDDEN,
            verdict=Verdict.FAILED,
            score=0.0,
            max_score=check.points,
        )
        found = examples(check, result, answers, Budget()).counterexample
        if found is not None:
            return FoundExample(check.name, found, numbers_in(found.code))
    return None

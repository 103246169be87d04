"""How long grading a problem set may take when every check runs to its limit."""

from __future__ import annotations

import math
from typing import Final

from grader.advising import ADVICE_SECONDS
from grader.loading import load_checks
from grader.package import Problem, ProblemSet

__all__ = ["longest_grading"]

_RESTART_SECONDS: Final = 10.0
"""For a new sandbox where a check ended the one before it; starts take a second or two."""
_RUNS: Final = 2
"""A check is run once more where its sandbox was killed for no reason that can be known."""


def longest_grading(pset: ProblemSet) -> int:
    """Seconds after which a grading of ``pset`` hangs: no submission can make it take that long.

    For each problem: the first sandbox's start, the first load of the file, and each check's time
    limit for as often as the check may be run, each in a sandbox of its own; once more for the
    reference solution, which may compute as long as a student's; and the time for advice. Only what
    a problem asks for counts here, so a set with a slow check gets its time, and a set of quick ones
    is not waited for.

    Raises:
        PackageError: the package is broken.
    """
    return math.ceil(sum(_longest(problem) for problem in pset.problems))


def _longest(problem: Problem) -> float:
    limits = [check.time_limit or problem.time_seconds for check, _ in load_checks(problem)]
    checks = sum(_RUNS * (_RESTART_SECONDS + limit) + limit for limit in limits)
    advice = problem.limits.start_seconds + ADVICE_SECONDS + _RESTART_SECONDS
    return problem.limits.start_seconds + problem.time_seconds + checks + advice

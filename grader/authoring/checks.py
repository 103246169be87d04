"""The ``check`` decorator: a function of the student's module, the reference, and a random source."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from grader.authoring.randomness import Random

__all__ = ["Check", "CheckFunction", "check"]

CheckFunction = Callable[[Any, Any, Random], None]
DEFAULT_INSTANCES = 16


@dataclass(frozen=True, slots=True)
class Check:
    """One check of a problem.

    ``needs`` names checks that must have passed, else this one is skipped. ``time_limit`` is how many
    seconds the student's code may take in all (None: the problem's). ``instances`` is how many
    different inputs it can be run on. ``fresh_sandbox`` gives it a sandbox process of its own.
    """

    name: str
    title: str
    points: float
    function: CheckFunction
    needs: tuple[str, ...] = ()
    time_limit: float | None = None
    instances: int = DEFAULT_INSTANCES
    fresh_sandbox: bool = False

    def run(self, student: Any, reference: Any, rng: Random) -> None:
        """Run it once. Returns when the student's answers are right.

        Raises:
            CheckFailedError: they are not.
            StudentCodeError: the student's code failed while answering.
        """
        self.function(student, reference, rng)


def check(
    title: str,
    *,
    points: float = 0.0,
    needs: tuple[str, ...] = (),
    time_limit: float | None = None,
    instances: int = DEFAULT_INSTANCES,
    fresh_sandbox: bool = False,
) -> Callable[[CheckFunction], Check]:
    """Make a check of a function ``(student, reference, rng)``; the function's name is the check's.

    Args:
        title: what a student reads: the property that is checked, as a statement.
        points: what passing it earns; nothing for a public check, whose answers are published.
        needs: names of checks without which this one makes no sense.
        time_limit: seconds of the student's code; None for the problem's ``time_seconds``.
        instances: how many different inputs there are.
        fresh_sandbox: start a new sandbox process for it.
    """
    if not isinstance(needs, tuple):
        raise TypeError("needs takes a tuple of names")
    if points < 0 or instances < 1:
        raise ValueError("points are not negative, and there is at least one instance")

    def make(function: CheckFunction) -> Check:
        return Check(
            function.__name__,
            title,
            float(points),
            function,
            tuple(needs),
            time_limit,
            instances,
            fresh_sandbox,
        )

    return make

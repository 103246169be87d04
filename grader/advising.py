"""Says more about failed checks once all of a problem's checks are over. Points never rest on it.

Each *look* runs a failed check of the student's file once more, on other inputs than it was graded with,
and adds to its result: which known mistake it is, or a small example to try. Each look has
:data:`ADVICE_SECONDS` for one problem; what is not found in that time is not said.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Sequence
from typing import Final

from grader.answers import Answers
from grader.authoring import Check
from grader.errors import GraderError, NotRecordedError
from grader.loading import LoadedCheck
from grader.report import CheckResult, Visibility
from sandbox.errors import InfrastructureError, StudentCodeError

__all__ = ["ADVICE_SECONDS", "Advisor", "Budget", "Look"]

log = logging.getLogger(__name__)

ADVICE_SECONDS: Final = 15.0
"""For one problem and one look: many times what is needed, so that a loaded machine gives the same advice."""


class Budget:
    """Seconds that are left for one look at one problem."""

    def __init__(self, seconds: float = ADVICE_SECONDS) -> None:
        self._until = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """Seconds, never below zero."""
        return max(self._until - time.monotonic(), 0.0)


Look = Callable[[Check, CheckResult, Answers, Budget], CheckResult]
"""Looks at a hidden check that failed; returns its result with what was found.

It may raise :class:`NotRecordedError` where it asks what a transcript does not have: then nothing is found;
and a ``StudentCodeError`` that may be ours: then it looks once more.
"""


class Advisor:
    """Looks at the failed hidden checks of one problem.

    Args:
        checks: the problem's, in the order of the results.
        looks: in the order they are made in.
    """

    def __init__(self, checks: Sequence[LoadedCheck], looks: Sequence[Look]) -> None:
        self._checks, self._looks = checks, looks

    def advise(
        self, results: Sequence[CheckResult], answers: Answers, answered: Collection[str]
    ) -> list[CheckResult]:
        """The results with what the looks have found.

        Args:
            answered: the names of the failed checks that the student's code lived to answer. What ended at
                a limit, ended its process or is still to be written, would only do so again.

        Raises:
            InfrastructureError: a sandbox could not be had.
            PackageError: the problem package itself is broken.
        """
        advised = list(results)
        for look in self._looks:
            budget = Budget()
            for index, (check, visibility) in enumerate(self._checks):
                wanted = visibility is Visibility.HIDDEN and check.name in answered
                if wanted and budget.left:
                    advised[index] = _looked(look, check, advised[index], answers, budget)
        return advised


def _looked(look: Look, check: Check, result: CheckResult, answers: Answers, budget: Budget) -> CheckResult:
    """The result with what one look finds. No answer of a guest's, however odd, may cost the verdict.

    Where a guest was killed for no reason that can be known, it looks once more, as a check is run once more.
    """
    for once_more in (True, False):
        try:
            return look(check, result, answers, budget)
        except NotRecordedError:
            break
        except (InfrastructureError, GraderError):
            raise
        except Exception as error:
            if not (once_more and isinstance(error, StudentCodeError) and error.maybe_ours):
                log.warning("a look at %s was given up", check.name, exc_info=True)
                break
    return result

"""What becomes of a mutant: a check kills it, it is no mistake at all, or it survives."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

import numpy as np

from grader.advising import Budget
from grader.answers import meetings_of
from grader.authoring import Check, Random
from grader.loading import LoadedCheck
from grader.report import Visibility
from grader.verification.answers import InProcessAnswers
from grader.verification.mutants.changes import Mutant
from grader.verification.opening import opened
from grader.verification.package import wrong_answers
from grader.verification.trying import Extent, TriedProblem, instances_tried

__all__ = ["SECONDS_ASKING", "Fate", "MutantFate", "MutantTrial"]

SECONDS_ASKING: Final = 30.0
"""What comparing one mutant with the reference may take: then as many inputs as fit must do."""
_ROUNDS_LIKE: Final = 100
_SECONDS_LIKE: Final = 3.0
_SECONDS_DIAGNOSING: Final = 60.0
_KEY: Final = bytes(32)


class Fate(StrEnum):
    """What became of a mutant."""

    KILLED = "killed"
    """It loses the points of a check, whatever instance it meets."""
    EQUIVALENT = "equivalent"
    """It answers as the reference does."""
    SURVIVED = "survived"
    """It answers otherwise, and no check notices every time."""


@dataclass(frozen=True, slots=True)
class MutantFate:
    """A mutant and what became of it.

    ``by`` is the check that killed it; ``inputs`` on how many it was compared with the reference; ``seen``
    where it first differed; ``taken_for`` the known mistake that it was told, and is not.
    """

    mutant: Mutant
    fate: Fate
    by: str = ""
    inputs: int = 0
    seen: str = ""
    sometimes: tuple[str, ...] = ()
    diagnosed: str = ""
    taken_for: str = ""


@dataclass(frozen=True, slots=True)
class MutantTrial:
    """A task: try one mutant of a problem's reference."""

    folder: Path
    problem: str
    mutant: Mutant
    extent: Extent

    def run(self) -> MutantFate:
        """
        Raises:
            PackageError: the package is broken, or has no inputs to compare on.
        """
        tried = opened.problem(self.folder, self.problem)
        sometimes = []
        with InProcessAnswers(tried.problem, self.mutant.source) as answers:
            for one in tried.checks:
                if one.visibility is Visibility.PUBLIC:
                    continue
                lost, of = self._lost(tried, one, answers)
                if lost == of:
                    return self._killed(tried, one.check, answers)
                if lost:
                    sometimes.append(f"{one.check.name} ({lost} of {of})")
        asked = tried.inputs().compared(self.mutant.source, self.extent.inputs, SECONDS_ASKING)
        fate = Fate.SURVIVED if asked.differs or sometimes else Fate.EQUIVALENT
        return MutantFate(
            self.mutant, fate, inputs=asked.inputs, seen=asked.differs, sometimes=tuple(sometimes)
        )

    def _lost(self, tried: TriedProblem, one: LoadedCheck, answers: InProcessAnswers) -> tuple[int, int]:
        """On how many instances it does not pass, of how many; the first that it passes settles the rest
        where it has lost none."""
        numbers = instances_tried(one.check.instances, self.extent.instances)
        lost = 0
        for meeting in meetings_of(tried.problem, one.check, one.visibility, _KEY, "all"):
            if meeting.number in numbers:
                try:
                    student = answers.student(one.check, one.visibility, meeting)
                    with np.errstate(all="ignore"):
                        one.check.run(student, tried.references.for_check(one.check), Random(meeting.seed))
                except Exception:  # what a check raises about an answer, whatever it is, costs its points
                    lost += 1
                else:
                    if not lost:
                        break
        return lost, len(numbers)

    def _killed(self, tried: TriedProblem, check: Check, answers: InProcessAnswers) -> MutantFate:
        diagnosis = tried.diagnostician.examine(check, answers, Budget(_SECONDS_DIAGNOSING)).diagnosis
        if diagnosis is None:
            return MutantFate(self.mutant, Fate.KILLED, by=check.name)
        mistake = next(one for one in wrong_answers(tried.problem) if one.name == diagnosis.mistake)
        like = tried.inputs().like(
            self.mutant.source, mistake.path.read_text(encoding="utf-8"), _ROUNDS_LIKE, _SECONDS_LIKE
        )
        taken_for = "" if like else diagnosis.mistake
        return MutantFate(
            self.mutant, Fate.KILLED, by=check.name, diagnosed=diagnosis.mistake, taken_for=taken_for
        )

"""Finds out which known mistake an answer makes, by what it answers; says nothing where it is not sure."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple, Protocol

import numpy as np

from grader.advising import Budget
from grader.answers import Listen, Trial
from grader.authoring import Check, Random, Recognition
from grader.diagnosis.keeping import KeptTraces
from grader.diagnosis.knowing import RIGHT, Known
from grader.diagnosis.mistakes import KnownMistake
from grader.diagnosis.signatures import signature_of
from grader.diagnosis.traces import Trace, watch
from grader.diagnosis.values import Values, bits_of
from grader.errors import GraderError, NotRecordedError
from grader.package import Problem
from grader.references import References
from grader.report import CheckResult, Diagnosis
from grader.tracing import Tracing
from grader.transcripts.records import Purpose
from sandbox import Session
from sandbox.errors import InfrastructureError, StudentCodeError

__all__ = ["Diagnostician", "Finding", "Trials"]

LEAST_TRIALS: Final = 2
TRIALS_FOR_NOTHING: Final = 4
"""Where so many give no value to compare, more of them will not either."""
MOST_TRIALS: Final = 8
ENOUGH_BITS: Final = 24.0
"""What says as much is met by chance once in sixteen million."""
NEAR: Final = 1e-8
NEAR_COARSE: Final = 3e-5
MARGIN: Final = 30.0
"""How many times further away everything else must be than the mistake that is told may be."""
_OURS: Final = (InfrastructureError, GraderError, OSError)


class Trials(Protocol):
    """Where a student's module comes from: all of :class:`grader.answers.Answers` that is needed."""

    def trial(self, check: Check, purpose: Purpose, number: int, seconds: float, listen: Listen) -> Trial:
        """See :meth:`grader.answers.Answers.trial`."""
        ...


class Finding(NamedTuple):
    """What was found out about a failed check: a known mistake, or a signature of an unknown one."""

    diagnosis: Diagnosis | None
    signature: tuple[float, ...]


NOTHING: Final = Finding(None, ())
_Measure = Callable[[Trace, Trace], float]


@dataclass(frozen=True, slots=True)
class _Met:
    """One set of inputs: the student's trace on it, and the known ones."""

    mine: Trace
    known: dict[str, Trace | None]


class Diagnostician:
    """Diagnoses failed checks of one problem, for as many submissions as there are.

    Args:
        references: of this problem.
        kept: where what wrong answers do is kept; None: in memory.
    """

    def __init__(self, problem: Problem, references: References, kept: KeptTraces | None = None) -> None:
        self._problem, self._references = problem, references
        self._known = Known(problem, references, kept)

    def look(self, check: Check, result: CheckResult, answers: Trials, budget: Budget) -> CheckResult:
        """A look of :class:`grader.advising.Advisor`."""
        found = self.examine(check, answers, budget)
        return result.model_copy(update={"diagnosis": found.diagnosis, "signature": found.signature})

    def examine(self, check: Check, trials: Trials, budget: Budget | None = None) -> Finding:
        """Find out what is wrong with an answer that failed ``check``.

        Raises:
            NotRecordedError: a replay does not have what is needed.
            InfrastructureError: a sandbox could not be had.
            PackageError: the package is broken.
            StudentCodeError: a guest ended in a way that may not be the student's doing.
        """
        budget = budget or Budget()
        met = self._meet(check, trials, budget)
        if sum(one.mine.failed for one in met) < LEAST_TRIALS:
            return NOTHING
        mistake = self._by_values(check, met) or self._recognised(check, trials, budget)
        if mistake is not None and mistake.sentence:
            return Finding(Diagnosis(mistake=mistake.name, sentence=mistake.sentence), ())
        return Finding(None, signature_of([one.mine for one in met]))

    def _meet(self, check: Check, trials: Trials, budget: Budget) -> list[_Met]:
        """The student's traces, of as many inputs as it takes for a match to say something, and to tell
        apart the mistakes that are known. A replay that knows more of them makes do with what it has.
        """
        met: list[_Met] = []
        while len(met) < MOST_TRIALS and budget.left and not self._enough(check, met):
            try:
                seed, trace = self._tried(check, trials, len(met), budget)
            except NotRecordedError:
                if len(met) < LEAST_TRIALS:
                    raise
                break
            except StudentCodeError as error:
                if error.maybe_ours:
                    raise
                return []
            if trace is None:
                return []
            met.append(_Met(trace, self._known.traces(check, seed)))
        return met

    def _tried(self, check: Check, trials: Trials, number: int, budget: Budget) -> tuple[int, Trace | None]:
        sessions: list[Tracing] = []

        def listen(session: Session) -> Session:
            sessions.append(Tracing(session))
            return sessions[-1]

        seconds = min(check.time_limit or self._problem.time_seconds, budget.left)
        trial = trials.trial(check, Purpose.DIAGNOSIS, number, seconds, listen)
        reference = self._references.for_check(check)
        return trial.seed, watch(check, trial.seed, trial.student, reference, sessions[-1])

    def _enough(self, check: Check, met: Sequence[_Met]) -> bool:
        if sum(one.mine.failed for one in met) < LEAST_TRIALS:
            return False
        measure, bits = _evidence(met)
        if bits == 0.0 and len(met) >= TRIALS_FOR_NOTHING:
            return True
        if bits < ENOUGH_BITS:
            return False
        close = self._close(check, met, measure)
        # What an author's function recognises is told by no values, however many.
        return len(close) < 2 or all(self._authored(check, mistake) for mistake in close)

    def _close(self, check: Check, met: Sequence[_Met], measure: _Measure) -> list[KnownMistake]:
        """The mistakes that come near, by a wide margin."""
        rivals, most = self._known.failing(check.name), MARGIN * _near(met)
        return [mistake for mistake in rivals if _apart(met, mistake.name, measure) <= most]

    def _by_values(self, check: Check, met: Sequence[_Met]) -> KnownMistake | None:
        """The mistake whose values are the student's, if there is one and no other comes near."""
        measure, bits = _evidence(met)
        close = self._close(check, met, measure)
        if len(close) > 1:  # alike in what was judged; by everything that was answered?
            measure = Trace.answered_distance
            close = [one for one in close if _apart(met, one.name, measure) <= MARGIN * _near(met)]
        if bits < ENOUGH_BITS or len(close) != 1 or _apart(met, close[0].name, measure) > _near(met):
            return None
        return None if self._authored(check, close[0]) else close[0]

    def _authored(self, check: Check, mistake: KnownMistake) -> bool:
        """Whether an author has said otherwise than by values how ``mistake`` is recognised."""
        return any(one.name == mistake.name and check.name in one.checks for one in self._known.recognitions)

    def _recognised(self, check: Check, trials: Trials, budget: Budget) -> KnownMistake | None:
        """The one mistake that its author's function recognises."""
        found = {
            one.name
            for one in self._known.recognitions
            if check.name in one.checks and self._recognises(one, check, trials, budget)
        }
        by_name = {mistake.name: mistake for mistake in self._known.mistakes}
        return by_name.get(found.pop()) if len(found) == 1 else None

    def _recognises(self, one: Recognition, check: Check, trials: Trials, budget: Budget) -> bool:
        own = replace(check, name=f"{check.name}:{one.name}")  # its inputs and its records are its own
        for number in range(LEAST_TRIALS):
            seconds = min(check.time_limit or self._problem.time_seconds, budget.left)
            try:
                trial = trials.trial(own, Purpose.DIAGNOSIS, number, seconds, lambda session: session)
                with np.errstate(all="ignore"):
                    says = bool(
                        one.function(trial.student, self._references.for_check(check), Random(trial.seed))
                    )
            except NotRecordedError:
                return False
            except _OURS:
                raise
            except Exception:  # the answer is not what it takes for one with this mistake
                return False
            if not says:
                return False
        return True


def _near(met: Sequence[_Met]) -> float:
    return NEAR_COARSE if any(one.mine.coarse for one in met) else NEAR


def _apart(met: Sequence[_Met], name: str, measure: _Measure) -> float:
    """How far the student's traces are from those of the mistake ``name``, where they are furthest."""
    found = 0.0
    for one in met:
        known = one.known.get(name)
        found = max(found, math.inf if known is None else measure(one.mine, known))
    return found


def _evidence(met: Sequence[_Met]) -> tuple[_Measure, float]:
    """By what to compare, and how much a match says: the values that were found wrong, or where those say
    too little, everything that was answered."""
    judged = sum(
        _bits(met, one.mine.wrong, None if right is None else right.in_place_of(one.mine))
        for one in met
        for right in [one.known.get(RIGHT)]
    )
    if judged >= ENOUGH_BITS:
        return Trace.judged_distance, judged
    answered = sum(
        _bits(met, one.mine.answers, None if right is None else right.answers)
        for one in met
        for right in [one.known.get(RIGHT)]
    )
    return (Trace.answered_distance, answered) if answered > judged else (Trace.judged_distance, judged)


def _bits(met: Sequence[_Met], mine: Values, right: Values | None) -> float:
    return bits_of(mine, right, near=_near(met), coarse=any(one.mine.coarse for one in met))

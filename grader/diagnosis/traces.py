"""What came of a check on one set of inputs: all that it judged, and all that it was answered."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from grader.authoring import Check, CheckFailedError, Random
from grader.authoring.judging import listening
from grader.diagnosis.values import Values, distance, is_coarse, taken_apart
from grader.errors import GraderError
from grader.tracing import Step, Tracing
from sandbox.errors import InfrastructureError, StudentCodeError, StudentExceptionError
from sandbox.remote import RemoteModule

__all__ = ["Judgement", "Trace", "watch"]

_OURS = (InfrastructureError, GraderError, OSError)


@dataclass(frozen=True, slots=True)
class Judgement:
    """An expectation: what it is about, the sentence it failed with (``""``: it held), and the value."""

    about: str
    sentence: str
    got: Values


@dataclass(frozen=True, slots=True)
class Trace:
    """What came of a check on one set of inputs.

    ``answers`` is all that came back from the module, in order. ``ending`` names the kind of exception
    that ended the check (``""``: none did). ``coarse``: some numbers had fewer digits than float64.
    """

    judgements: tuple[Judgement, ...]
    answers: Values
    ending: str
    coarse: bool

    @property
    def failed(self) -> bool:
        return bool(self.ending) or any(judgement.sentence for judgement in self.judgements)

    @property
    def outline(self) -> tuple[str, ...]:
        """What was judged and how it failed, without any value."""
        told = (text for judgement in self.judgements for text in (judgement.about, judgement.sentence))
        return (*told, self.ending)

    @property
    def wrong(self) -> Values:
        """The values of the expectations that did not hold."""
        return Values.joined(judgement.got for judgement in self.judgements if judgement.sentence)

    def in_place_of(self, other: Trace) -> Values:
        """This trace's values of the expectations that did not hold in ``other``."""
        pairs = zip(self.judgements, other.judgements, strict=False)
        return Values.joined(mine.got for mine, judgement in pairs if judgement.sentence)

    def judged_distance(self, known: Trace) -> float:
        """How far the values that failed are from the known ones; infinite where those failed otherwise.

        ``known`` may fail more: a mistake in two functions can be made in one of them.
        """
        mine, theirs = self.judgements, known.judgements
        if self.ending != known.ending or len(mine) != len(theirs) or self.failed != known.failed:
            return math.inf
        for one, other in zip(mine, theirs, strict=True):
            if one.about != other.about or one.sentence not in ("", other.sentence):
                return math.inf
        return distance(self.wrong, known.in_place_of(self))

    def answered_distance(self, other: Trace) -> float:
        """How far apart all the answers are; infinite where something else failed, or otherwise."""
        return math.inf if self.outline != other.outline else distance(self.answers, other.answers)


def watch(
    check: Check, seed: int, student: RemoteModule, reference: RemoteModule, session: Tracing
) -> Trace | None:
    """Run a check to its end, past what it finds wrong; ``session`` is the student's.

    Returns:
        None where the student's code was stopped: then there is nothing to compare.

    Raises:
        InfrastructureError, GraderError: nothing was found out.
        StudentCodeError: it ended in a way that may not be its own doing.
    """
    judgements: list[Judgement] = []
    ending = ""

    def tell(what: str, got: Any, error: CheckFailedError | None) -> None:
        judgements.append(Judgement(what, "" if error is None else error.sentence, taken_apart(got)))

    with warnings.catch_warnings(), np.errstate(all="ignore"), listening(tell):
        warnings.simplefilter("ignore")
        try:
            check.run(student, reference, Random(seed))
        except CheckFailedError as error:
            judgements.append(Judgement("", error.sentence, Values((), ())))
        except StudentExceptionError as error:
            ending = f"{error.reason} {error.kind}"
        except StudentCodeError as error:
            if error.maybe_ours:
                raise
            return None
        except _OURS:
            raise
        except Exception as error:  # it could not take the answer apart
            ending = f"check {type(error).__name__}"
    coarse = any(is_coarse(step.operands) or is_coarse(step.value) for step in session.steps)
    return Trace(tuple(judgements), Values.joined(map(_answered, session.steps)), ending, coarse)


def _answered(step: Step) -> Values:
    if step.error is None:
        return taken_apart(step.value)
    return Values((f"error {getattr(step.error, 'kind', '')}",), ())

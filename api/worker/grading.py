"""What a worker needs of the grading engine, and the one way in which production does it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from api.settings import Settings
from api.worker.warmth import COLD, Warmth
from grader import GradeEvent, GradeReport
from grader.child import ChildJob, grade_in_child
from grader.replaying import ReplayItem, ReplayOutcome, replay_in_child
from grader.report import Measurement

__all__ = ["ChildGrader", "ChildReplayer", "Grader", "Replayer", "Work", "traces_folder"]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Work:
    """One submission to grade: its files by problem, the frozen package, and the key that chooses
    the hidden checks' instances.

    ``seeds_of`` is the frozen package whose instances it meets: that which it was handed in for.
    ``transcript`` is a file to write one to.
    """

    package: Path
    files: Mapping[str, bytes] = field(repr=False)
    key: bytes = field(repr=False)
    seeds_of: Path | None = None
    transcript: Path | None = None


def traces_folder(settings: Settings) -> Path:
    """Where what known wrong answers do is kept. It can be removed at any time: it is found out anew."""
    return settings.data.resolve() / "traces"


def _log_complaint(line: str) -> None:
    log.warning("the grading process says: %s", line)


class Grader(Protocol):
    """Something that grades."""

    def __call__(
        self,
        work: Work,
        show: Callable[[GradeEvent], None],
        measured: Callable[[str, Measurement], None],
    ) -> GradeReport:
        """Grade ``work``, telling ``show`` of each step and ``measured`` of each problem's time and memory.

        Raises:
            OutageError: what grading needs is away; nothing was decided.
            GradingFailedError: the platform failed; nothing was decided.
        """
        ...


class ChildGrader:
    """Grades in a process of its own, without the worker's credentials, in the chosen sandbox.

    Args:
        warmth: what makes that quick; without, everything is started anew.
    """

    def __init__(self, settings: Settings, warmth: Warmth = COLD) -> None:
        self._warmth = warmth
        self._backend = settings.sandbox
        self._seconds = settings.grading_seconds
        self._traces = traces_folder(settings)

    def __call__(
        self,
        work: Work,
        show: Callable[[GradeEvent], None],
        measured: Callable[[str, Measurement], None],
    ) -> GradeReport:
        """See :meth:`Grader.__call__`."""
        job = ChildJob(
            pset_folder=work.package,
            files=dict(work.files),
            backend=self._backend,
            key=work.key,
            seeds_of=work.seeds_of,
            transcript=work.transcript,
            traces=self._traces,
            zygotes=self._warmth.zygotes,
        )
        return grade_in_child(
            job,
            on_event=show,
            on_measurement=measured,
            on_complaint=_log_complaint,
            timeout=self._seconds,
            nursery=self._warmth.nursery,
        )


class Replayer(Protocol):
    """Something that replays transcripts with the set in a folder."""

    def __call__(
        self, package: Path, items: Sequence[ReplayItem], told: Callable[[ReplayOutcome], None]
    ) -> None:
        """Replay each of ``items``, telling ``told`` of each.

        Raises:
            GradingFailedError: the platform failed; what was told stands.
        """
        ...


class ChildReplayer:
    """Replays in a process of its own, without the worker's credentials."""

    def __init__(self, settings: Settings) -> None:
        self._seconds = settings.grading_seconds
        self._traces = traces_folder(settings)

    def __call__(
        self, package: Path, items: Sequence[ReplayItem], told: Callable[[ReplayOutcome], None]
    ) -> None:
        """See :meth:`Replayer.__call__`."""
        replay_in_child(
            package, items, told, on_complaint=_log_complaint, timeout=self._seconds, traces=self._traces
        )

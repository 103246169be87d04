"""How long a submission still waits: its place in the fair order, and an estimate that says its range.

The estimate is for the queue as it stands. It leaves out what may come and go first by its turn
(:mod:`api.jobs.fairness` says how much that can be), and is made anew while somebody watches.
"""

from __future__ import annotations

import math
import statistics
import threading
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import NamedTuple

from sqlalchemy import and_, func, select, true
from sqlalchemy.orm import Session

from api.database import Database, now
from api.gradebook.models import GradeReportRow
from api.jobs.holding import not_held
from api.jobs.models import GradingJob, JobState
from api.submissions.models import Submission

__all__ = ["Estimate", "Forecaster", "Outlook", "Pace", "RunningJob", "look_ahead"]

_SAMPLES = 20
_FEWEST_SAMPLES = 5
_RECENT_REPORTS = 500
_ALIVE = timedelta(minutes=1)
_KEPT_SECONDS = 1.0


class Estimate(NamedTuple):
    """Seconds from now: when grading starts, and when it ends, each as a range."""

    start_low: float
    start_high: float
    finish_low: float
    finish_high: float


@dataclass(frozen=True, slots=True)
class Pace:
    """How long gradings of one problem set took lately, in seconds, the newest first."""

    seconds: tuple[float, ...]

    @property
    def mean(self) -> float:
        return statistics.fmean(self.seconds)

    @property
    def variance(self) -> float:
        return statistics.variance(self.seconds)

    def left_after(self, elapsed: float) -> float:
        """What a grading that has run for ``elapsed`` seconds takes on, going by those that ran longer."""
        longer = [each - elapsed for each in self.seconds if each > elapsed]
        return statistics.fmean(longer) if longer else self.mean / 10


class RunningJob(NamedTuple):
    """A grading under way: its problem set, and for how many seconds."""

    pset_id: int
    elapsed: float


@dataclass(frozen=True)
class Outlook:
    """The queue at one moment: who waits for what, in the fair order, and how fast it moves.

    ``waiting`` are (job, problem set) pairs, ``held`` those that wait under a hold. ``paces`` lack the
    sets that too little is known about.
    """

    waiting: Sequence[tuple[int, int]]
    held: Mapping[int, int] = field(default_factory=dict)
    running: Sequence[RunningJob] = ()
    workers: int = 0
    paces: Mapping[int, Pace] = field(default_factory=dict)

    @cached_property
    def _places(self) -> dict[int, int]:
        return {job: place for place, (job, _) in enumerate(self.waiting)}

    def knows(self, job_id: int) -> bool:
        """Whether the job waited when this was made."""
        return job_id in self._places or job_id in self.held

    def position(self, job_id: int) -> int | None:
        """1 for the job that is graded next; ``None`` for one that does not wait, or is held."""
        place = self._places.get(job_id)
        return None if place is None else place + 1

    def estimate(self, job_id: int) -> Estimate | None:
        """When the job starts and ends; ``None`` without evidence: no live worker, or too few gradings.

        While a job waits every worker is busy. So the work ahead of it, W seconds in all, is done by
        the w workers in no more than W / w, and in no less than that with each of the others left at
        its longest job: W / w − d (w − 1) / w. W itself is known to about two standard deviations,
        those of the gradings and of their mean, which comes from few. How long the job itself takes
        lies between the quickest and the slowest of the recent ones.
        """
        place = self._places.get(job_id)
        if place is None or self.workers == 0:
            return None
        own = self.paces.get(self.waiting[place][1])
        if own is None:
            return None
        work, variance, longest = self._work_ahead(place, own)
        doubt = 2 * math.sqrt(variance)
        others = longest * (self.workers - 1)
        low = max(work - doubt - others, 0.0) / self.workers
        high = (work + doubt) / self.workers
        return Estimate(low, high, low + min(own.seconds), high + max(own.seconds))

    def _work_ahead(self, place: int, own: Pace) -> tuple[float, float, float]:
        """Seconds of work before the job in that place, their variance, and the longest single one.

        A set of which little is known is taken to be like the job's own.
        """
        work = variance = longest = 0.0
        for job in self.running:
            pace = self.paces.get(job.pset_id, own)
            work += pace.left_after(job.elapsed)
            variance += pace.variance
            longest = max(longest, max(pace.seconds) - job.elapsed)
        for pset_id, count in Counter(pset for _, pset in self.waiting[:place]).items():
            pace = self.paces.get(pset_id, own)
            work += count * pace.mean
            variance += pace.variance * (count + count**2 / len(pace.seconds))
            longest = max(longest, *pace.seconds)
        return work, variance, longest


def look_ahead(session: Session, *, at: datetime | None = None) -> Outlook:
    """The outlook now. Four queries, whatever waits."""
    moment = at or now()
    free = and_(true(), *not_held(session))
    queued = session.execute(
        select(GradingJob.id, Submission.pset_id, free)
        .join(Submission, Submission.id == GradingJob.submission_id)
        .where(GradingJob.state == JobState.QUEUED)
        .order_by(GradingJob.regrade_id.is_not(None), GradingJob.turn, GradingJob.id)
    ).all()
    leased = session.execute(
        select(Submission.pset_id, GradingJob.started_at, GradingJob.lease_owner)
        .join(Submission, Submission.id == GradingJob.submission_id)
        .where(GradingJob.state == JobState.RUNNING, GradingJob.lease_expires_at >= moment)
    ).all()
    reports = session.execute(
        select(Submission.pset_id, GradeReportRow.seconds, GradeReportRow.worker, GradeReportRow.created_at)
        .join(Submission, Submission.id == GradeReportRow.submission_id)
        .where(
            GradeReportRow.id > select(func.max(GradeReportRow.id)).scalar_subquery() - _RECENT_REPORTS,
            GradeReportRow.seconds.is_not(None),
            GradeReportRow.regrade_id.is_(None),
        )
        .order_by(GradeReportRow.id.desc())
    ).all()
    alive = {owner for _, _, owner in leased}
    alive |= {worker for _, _, worker, made in reports if made > moment - _ALIVE}
    return Outlook(
        waiting=[(job, pset) for job, pset, may_start in queued if may_start],
        held={job: pset for job, pset, may_start in queued if not may_start},
        running=[
            RunningJob(pset, max((moment - started).total_seconds(), 0.0) if started else 0.0)
            for pset, started, _ in leased
        ],
        workers=len(alive),
        paces=_paces((pset, seconds) for pset, seconds, _, _ in reports if seconds is not None),
    )


def _paces(gradings: Iterable[tuple[int, float]]) -> dict[int, Pace]:
    by_set: dict[int, list[float]] = {}
    for pset, seconds in gradings:
        found = by_set.setdefault(pset, [])
        if len(found) < _SAMPLES:
            found.append(seconds)
    return {pset: Pace(tuple(found)) for pset, found in by_set.items() if len(found) >= _FEWEST_SAMPLES}


class Forecaster:
    """One outlook for all who watch in this process, a second old at most."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._latest: Outlook | None = None
        self._made_at = 0.0

    def outlook(self, database: Database, job_id: int) -> Outlook:
        """A recent outlook, made after ``job_id`` began to wait."""
        with self._lock:
            fresh = time.monotonic() - self._made_at < _KEPT_SECONDS
            if self._latest is None or not fresh or not self._latest.knows(job_id):
                with database.reading() as session:
                    self._latest = look_ahead(session)
                self._made_at = time.monotonic()
            return self._latest

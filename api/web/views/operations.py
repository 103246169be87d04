"""A course's queue as its instructors see it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from api.operations.grading_schemas import HoldOut, JobOut, Operations
from api.operations.models import HoldScope
from api.web import addresses, words
from api.web.words import Moment

__all__ = ["Evidence", "HoldRow", "JobRow", "OperationsView", "operations_view"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was seen of a failure of ours: since when, by whom, and what."""

    at: Moment
    by: str
    detail: str


@dataclass(frozen=True, slots=True)
class JobRow:
    """One submission in the queue's care. ``since``: when it was handed in, or began to run."""

    student: str
    what: str
    href: str
    worker: str
    since: Moment
    evidence: tuple[Evidence, ...]
    retry_href: str
    lift_href: str


@dataclass(frozen=True, slots=True)
class HoldRow:
    """One hold. ``lift_href`` is empty where the reader may not lift it."""

    what: str
    reason: str
    by: str
    placed: Moment
    lift_href: str


@dataclass(frozen=True, slots=True)
class OperationsView:
    """How grading stands. ``problem`` says why the last form was not accepted."""

    course: str
    course_title: str
    gradebook_href: str
    summary: str
    outage: Evidence | None
    running: tuple[JobRow, ...]
    parked: tuple[JobRow, ...]
    quarantined: tuple[JobRow, ...]
    holds: tuple[HoldRow, ...]
    hold_href: str
    psets: tuple[str, ...]
    problem: str


def operations_view(
    standing: Operations,
    *,
    course: str,
    course_title: str,
    psets: tuple[str, ...],
    is_admin: bool,
    problem: str,
    now: datetime,
) -> OperationsView:
    """The page of a course's queue."""
    return OperationsView(
        course=course,
        course_title=course_title,
        gradebook_href=addresses.gradebook(course),
        summary=_summary(standing),
        outage=_outage(standing, now),
        running=tuple(_job(job, now) for job in standing.running),
        parked=tuple(_job(job, now) for job in standing.parked),
        quarantined=tuple(_job(job, now) for job in standing.quarantined),
        holds=tuple(_hold(hold, course, is_admin=is_admin, now=now) for hold in standing.holds),
        hold_href=addresses.holds(course),
        psets=psets,
        problem=problem,
    )


def _summary(standing: Operations) -> str:
    waiting = f"{words.plural(standing.queued, 'submission')} waiting"
    held = f", {standing.held} of them held" if standing.held else ""
    alive = words.plural(standing.workers, "worker") if standing.workers else "no worker"
    return f"{waiting}{held}; {len(standing.running)} being graded; {alive} seen in the last minute."


def _outage(standing: Operations, now: datetime) -> Evidence | None:
    outage = standing.outage
    if outage is None:
        return None
    met = f"{words.plural(outage.submissions, 'submission')} met it"
    return Evidence(words.moment(outage.since, now), met, words.visible(outage.detail))


def _job(job: JobOut, now: datetime) -> JobRow:
    return JobRow(
        student=job.student,
        what=f"{job.pset}, attempt {job.attempt}",
        href=addresses.submission(job.submission),
        worker=job.worker or "",
        since=words.moment((job.worker and job.started_at) or job.received_at, now),
        evidence=tuple(
            Evidence(words.moment(each.at, now), each.worker, words.visible(each.detail))
            for each in job.failures
        ),
        retry_href=addresses.retry(job.submission),
        lift_href=addresses.lift_quarantine(job.submission),
    )


def _hold(hold: HoldOut, course: str, *, is_admin: bool, now: datetime) -> HoldRow:
    what = {
        HoldScope.ALL: "All grading of this service",
        HoldScope.COURSE: "This course",
        HoldScope.PSET: f"The set {hold.pset}",
        HoldScope.STUDENT: f"{hold.student} in this course",
    }[hold.scope]
    may_lift = is_admin or hold.scope is not HoldScope.ALL
    return HoldRow(
        what=what,
        reason=hold.reason,
        by=hold.placed_by,
        placed=words.moment(hold.placed_at, now),
        lift_href=addresses.lift_hold(course, hold.id) if may_lift else "",
    )

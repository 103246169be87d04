"""The queue of grading jobs: leases, and what happens when one is lost.

A worker that takes a job gets a numbered lease. Everything it later does to the job is done only
if the job still carries that number: a worker that was thought dead, and comes back, is refused.
Each function is one step inside the caller's transaction. Who goes first is decided in
:mod:`api.jobs.fairness`, and what may not go at all in :mod:`api.jobs.holding`.

Leases and pauses are moments of the wall clock, which may jump. Forward: at worst a job is taken
from a worker that is alive, whose verdict is then refused. Backward: a lease or a pause that ends
further ahead than any could is taken for ended, so no job is stranded.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, delete, func, or_, select, update
from sqlalchemy.orm import Session

from api.database import now
from api.errors import LeaseLostError
from api.jobs.holding import not_held
from api.jobs.models import FailureKind, GradingFailure, GradingJob, JobState, ProgressEvent
from api.jobs.retrying import RetryPolicy
from api.regrading.items import end_rerun

__all__ = [
    "Lease",
    "add_progress",
    "complete",
    "count_jobs",
    "fail",
    "forget_outages",
    "give_up_lease",
    "has_work",
    "lease_next",
    "prune_progress",
    "reclaim_expired",
    "release",
    "renew",
    "requeue",
]

_EVIDENCE_CHARACTERS = 20_000
_SHOWN_CHARACTERS = 1_000


@dataclass(frozen=True, slots=True)
class Lease:
    """A worker's right to grade one submission. ``number`` is the fencing token."""

    job_id: int
    number: int
    submission_id: str
    worker: str


def _waiting(session: Session, at: datetime, policy: RetryPolicy | None) -> Select[GradingJob]:
    """The jobs that may start, in the fair order."""
    paused_until = GradingJob.not_before
    ready = paused_until <= at
    if policy is not None:
        ready = or_(ready, paused_until > at + policy.furthest_pause)
    return (
        select(GradingJob)
        .where(GradingJob.state == JobState.QUEUED, ready, *not_held(session))
        .order_by(GradingJob.turn, GradingJob.id)
        .limit(1)
    )


def _silent(at: datetime, policy: RetryPolicy | None) -> Select[GradingJob]:
    """The jobs whose worker has not renewed its lease in time."""
    expires = GradingJob.lease_expires_at
    over = expires < at
    if policy is not None:
        over = or_(over, expires > at + policy.furthest_lease)
    return select(GradingJob).where(GradingJob.state == JobState.RUNNING, over)


def has_work(session: Session, policy: RetryPolicy | None = None, *, at: datetime | None = None) -> bool:
    """Whether a worker would find something to do: a cheap look that takes no lock."""
    moment = at or now()
    queries = (_waiting(session, moment, policy), _silent(moment, policy).limit(1))
    return any(session.scalar(query) is not None for query in queries)


def lease_next(
    session: Session,
    worker: str,
    *,
    seconds: float,
    policy: RetryPolicy | None = None,
    at: datetime | None = None,
) -> Lease | None:
    """Take the next job for ``worker`` for so many seconds, or ``None`` when nothing may start.

    ``policy`` says which pauses are possible; without it any is believed.
    """
    moment = at or now()
    waiting = _waiting(session, moment, policy).with_for_update(skip_locked=True, of=GradingJob)
    job = session.scalar(waiting.where(GradingJob.regrade_id.is_(None)))
    if job is None:
        job = session.scalar(waiting)
    if job is None:
        return None
    job.state = JobState.RUNNING
    job.lease += 1
    job.lease_owner = worker
    job.lease_expires_at = moment + timedelta(seconds=seconds)
    job.started_at = moment
    session.flush()
    return Lease(job_id=job.id, number=job.lease, submission_id=job.submission_id, worker=worker)


def renew(session: Session, lease: Lease, *, seconds: float, at: datetime | None = None) -> None:
    """Keep the job for so many seconds from now.

    Raises:
        LeaseLostError: it is no longer this worker's.
    """
    _own(session, lease).lease_expires_at = (at or now()) + timedelta(seconds=seconds)


def add_progress(session: Session, lease: Lease, events: list[ProgressEvent]) -> None:
    """Show ``events`` to whoever watches the submission.

    Raises:
        LeaseLostError: the job is no longer this worker's.
    """
    _own(session, lease)
    session.add_all(events)


def complete(session: Session, lease: Lease, *, at: datetime | None = None) -> None:
    """The job is done. Call it in the transaction that writes the verdict.

    Raises:
        LeaseLostError: the job is no longer this worker's, so its verdict must not be written.
    """
    job = _own(session, lease)
    job.state = JobState.DONE
    job.finished_at = at or now()
    job.last_error = None
    forget_outages(job)
    _clear_lease(job)


def release(session: Session, lease: Lease) -> None:
    """Hand the job back untried, to be graded by another worker: this one was told to stop.

    Raises:
        LeaseLostError: it is no longer this worker's.
    """
    requeue(session, _own(session, lease), now())


def fail(
    session: Session,
    lease: Lease,
    detail: str,
    policy: RetryPolicy,
    *,
    kind: FailureKind = FailureKind.FAILED,
    retriable: bool = True,
    at: datetime | None = None,
) -> JobState:
    """The platform failed while grading. Try again later, or park the job with the evidence.

    A try that met an outage is not counted: the job goes back, until it has waited for longer than the
    policy allows.

    Returns the job's state now. Nothing of this touches scores, attempts or dates.

    Raises:
        LeaseLostError: the job is no longer this worker's.
    """
    job, moment = _own(session, lease), at or now()
    return _record_failure(session, job, detail, policy, kind=kind, retriable=retriable, at=moment)


def reclaim_expired(session: Session, policy: RetryPolicy, *, at: datetime | None = None) -> int:
    """Count a failure for each job whose worker fell silent, and return how many there were.

    A submission that kills its worker each time is parked like any other that cannot be graded.
    """
    moment = at or now()
    jobs = session.scalars(_silent(moment, policy).with_for_update(skip_locked=True)).all()
    for job in jobs:
        detail = f"worker {job.lease_owner} fell silent: it was killed, or its machine stopped"
        _record_failure(session, job, detail, policy, kind=FailureKind.SILENT, retriable=True, at=moment)
    return len(jobs)


def count_jobs(session: Session) -> dict[JobState, int]:
    """How many jobs are in each state."""
    counted = session.execute(select(GradingJob.state, func.count()).group_by(GradingJob.state))
    return dict.fromkeys(JobState, 0) | dict(counted.all())


def prune_progress(session: Session, *, before: datetime) -> None:
    """Forget live events older than that: the reports say all they said."""
    session.execute(delete(ProgressEvent).where(ProgressEvent.at < before))


def _own(session: Session, lease: Lease) -> GradingJob:
    """The job, locked until the transaction ends, if ``lease`` still holds it."""
    held = session.execute(
        update(GradingJob)
        .where(
            GradingJob.id == lease.job_id,
            GradingJob.lease == lease.number,
            GradingJob.state == JobState.RUNNING,
        )
        .values(lease_owner=lease.worker)
        .returning(GradingJob.id)
    ).scalar_one_or_none()
    if held is None:
        msg = f"job {lease.job_id} is no longer held by lease {lease.number} of {lease.worker}"
        raise LeaseLostError(msg)
    return session.get_one(GradingJob, lease.job_id, populate_existing=True)


def _record_failure(
    session: Session,
    job: GradingJob,
    detail: str,
    policy: RetryPolicy,
    *,
    kind: FailureKind,
    retriable: bool,
    at: datetime,
) -> JobState:
    evidence = detail[-_EVIDENCE_CHARACTERS:]
    worker = job.lease_owner or "unknown"
    session.add(
        GradingFailure(job_id=job.id, lease=job.lease, worker=worker, kind=kind, detail=evidence, at=at)
    )
    job.last_error = evidence
    again = _count_outage(job, policy, at) if kind is FailureKind.OUTAGE else _count_try(job, policy, at)
    if retriable and again is not None:
        requeue(session, job, again)
    elif job.regrade_id is not None:  # the submission keeps the verdict it has
        end_rerun(session, job, f"it could not be run again: {evidence[-_SHOWN_CHARACTERS:]}")
        job.finished_at = at
        give_up_lease(session, job)
    else:
        job.state = JobState.PARKED
        job.finished_at = at
        give_up_lease(session, job)
    return job.state


def _count_try(job: GradingJob, policy: RetryPolicy, at: datetime) -> datetime | None:
    """When the job may be tried again; ``None`` when it has been often enough."""
    job.failures += 1
    forget_outages(job)
    return at + policy.pause_after(job.failures) if job.failures < policy.tries else None


def _count_outage(job: GradingJob, policy: RetryPolicy, at: datetime) -> datetime | None:
    """When the job may be tried again; ``None`` when it has waited for long enough."""
    job.outages += 1
    job.outage_since = min(job.outage_since or at, at)  # a clock may have jumped back
    if policy.outlasted(job.outages, job.outage_since, at):
        return None
    return at + policy.pause_in_outage(job.outages)


def forget_outages(job: GradingJob) -> None:
    """What the job met is over: a later outage is waited out anew."""
    job.outages = 0
    job.outage_since = None


def requeue(session: Session, job: GradingJob, not_before: datetime) -> None:
    """Let ``job`` wait, in its old turn, to be started from that moment on."""
    job.state = JobState.QUEUED
    job.not_before = not_before
    give_up_lease(session, job)


def give_up_lease(session: Session, job: GradingJob) -> None:
    """End a try that came to nothing. What it has shown is not true of the next one."""
    session.execute(delete(ProgressEvent).where(ProgressEvent.job_id == job.id))
    _clear_lease(job)


def _clear_lease(job: GradingJob) -> None:
    job.lease_owner = None
    job.lease_expires_at = None

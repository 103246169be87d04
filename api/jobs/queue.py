"""The queue of grading jobs: leases, and what happens when one is lost.

A worker that takes a job gets a numbered lease. Everything it later does to the job is done only
if the job still carries that number: a worker that was thought dead, and comes back, is refused.
Each function is one step inside the caller's transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, delete, func, select, update
from sqlalchemy.orm import Session

from api.database import now
from api.errors import LeaseLostError
from api.jobs.models import GradingFailure, GradingJob, JobState, ProgressEvent

__all__ = [
    "Lease",
    "RetryPolicy",
    "add_progress",
    "complete",
    "count_jobs",
    "fail",
    "has_work",
    "lease_next",
    "prune_progress",
    "reclaim_expired",
    "release",
    "renew",
    "retry_parked",
]

_EVIDENCE_CHARACTERS = 20_000


@dataclass(frozen=True, slots=True)
class Lease:
    """A worker's right to grade one submission. ``number`` is the fencing token."""

    job_id: int
    number: int
    submission_id: str
    worker: str


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often a job is tried, and the pause in seconds after the first failure; it doubles."""

    tries: int
    pause_seconds: float

    def pause_after(self, failures: int) -> timedelta:
        return timedelta(seconds=self.pause_seconds * 2 ** (failures - 1))


def _waiting(at: datetime) -> Select[GradingJob]:
    """The jobs that may start, next one first. The one place to change who goes first."""
    return (
        select(GradingJob)
        .where(GradingJob.state == JobState.QUEUED, GradingJob.not_before <= at)
        .order_by(GradingJob.id)
    )


def _silent(at: datetime) -> Select[GradingJob]:
    """The jobs whose worker has not renewed its lease in time."""
    return select(GradingJob).where(GradingJob.state == JobState.RUNNING, GradingJob.lease_expires_at < at)


def has_work(session: Session, *, at: datetime | None = None) -> bool:
    """Whether a worker would find something to do: a cheap look that takes no lock."""
    moment = at or now()
    return any(session.scalar(query.limit(1)) is not None for query in (_waiting(moment), _silent(moment)))


def lease_next(session: Session, worker: str, *, seconds: float, at: datetime | None = None) -> Lease | None:
    """Take the next job for ``worker`` for so many seconds, or ``None`` when nothing waits."""
    moment = at or now()
    job = session.scalar(_waiting(moment).limit(1).with_for_update(skip_locked=True))
    if job is None:
        return None
    job.state = JobState.RUNNING
    job.lease += 1
    job.lease_owner = worker
    job.lease_expires_at = moment + timedelta(seconds=seconds)
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
    _clear_lease(job)


def release(session: Session, lease: Lease) -> None:
    """Hand the job back untried, to be graded by another worker: this one was told to stop.

    Raises:
        LeaseLostError: it is no longer this worker's.
    """
    _requeue(session, _own(session, lease), now())


def fail(
    session: Session,
    lease: Lease,
    detail: str,
    policy: RetryPolicy,
    *,
    retriable: bool = True,
    at: datetime | None = None,
) -> JobState:
    """The platform failed while grading. Try again later, or park the job with the evidence.

    Returns the job's state now. Nothing of this touches scores, attempts or dates.

    Raises:
        LeaseLostError: the job is no longer this worker's.
    """
    return _record_failure(session, _own(session, lease), detail, policy, retriable=retriable, at=at or now())


def reclaim_expired(session: Session, policy: RetryPolicy, *, at: datetime | None = None) -> int:
    """Count a failure for each job whose worker fell silent, and return how many there were.

    A submission that kills its worker each time is parked like any other that cannot be graded.
    """
    moment = at or now()
    jobs = session.scalars(_silent(moment).with_for_update(skip_locked=True)).all()
    for job in jobs:
        detail = f"worker {job.lease_owner} fell silent: it was killed, or its machine stopped"
        _record_failure(session, job, detail, policy, retriable=True, at=moment, silent=True)
    return len(jobs)


def retry_parked(session: Session, submission_id: str) -> bool:
    """Put a parked job back into the queue with all its tries. False when it was not parked."""
    job = session.scalar(
        select(GradingJob).where(
            GradingJob.submission_id == submission_id, GradingJob.state == JobState.PARKED
        )
    )
    if job is None:
        return False
    job.failures = 0
    job.finished_at = None
    _requeue(session, job, now())
    return True


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
    retriable: bool,
    at: datetime,
    silent: bool = False,
) -> JobState:
    evidence = detail[-_EVIDENCE_CHARACTERS:]
    worker = job.lease_owner or "unknown"
    session.add(
        GradingFailure(job_id=job.id, lease=job.lease, worker=worker, silent=silent, detail=evidence, at=at)
    )
    job.failures += 1
    job.last_error = evidence
    if retriable and job.failures < policy.tries:
        _requeue(session, job, at + policy.pause_after(job.failures))
    else:
        job.state = JobState.PARKED
        job.finished_at = at
        _give_up_lease(session, job)
    return job.state


def _requeue(session: Session, job: GradingJob, not_before: datetime) -> None:
    job.state = JobState.QUEUED
    job.not_before = not_before
    _give_up_lease(session, job)


def _give_up_lease(session: Session, job: GradingJob) -> None:
    """End a try that came to nothing. What it has shown is not true of the next one."""
    session.execute(delete(ProgressEvent).where(ProgressEvent.job_id == job.id))
    _clear_lease(job)


def _clear_lease(job: GradingJob) -> None:
    job.lease_owner = None
    job.lease_expires_at = None

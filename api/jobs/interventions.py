"""What people do to a job, and what a student's next attempt does to the one before."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from api.database import now
from api.jobs.fairness import take_turns_again
from api.jobs.models import GradingJob, JobState
from api.jobs.queue import forget_outages, give_up_lease, requeue

__all__ = ["lift_quarantine", "quarantine", "supersede", "take_back"]


def take_back(session: Session, submission_id: str) -> bool:
    """Put a parked or superseded job back into the queue, with all its tries. False: it was neither."""
    job = _find(session, submission_id, JobState.PARKED, JobState.SUPERSEDED)
    if job is None:
        return False
    job.failures = 0
    forget_outages(job)
    job.finished_at = None
    requeue(session, job, now())
    return True


def supersede(session: Session, submissions: Select[str], *, at: datetime | None = None) -> int | None:
    """End the waiting jobs of ``submissions`` (a query for their ids) ungraded.

    A job that runs, or that a regrade waits for, stays. Returns the best turn that became free:
    what takes their place may have it. ``None``: none of them waited.
    """
    jobs = session.scalars(
        select(GradingJob)
        .where(
            GradingJob.submission_id.in_(submissions),
            GradingJob.state == JobState.QUEUED,
            GradingJob.regrade_id.is_(None),
        )
        .with_for_update()
    ).all()
    for job in jobs:
        job.state = JobState.SUPERSEDED
        job.finished_at = at or now()
        give_up_lease(session, job)
    return min((job.turn for job in jobs), default=None)


def quarantine(session: Session, submission_id: str) -> None:
    """Keep a waiting job from being graded, and refuse the verdict on a running one."""
    job = _find(session, submission_id, JobState.QUEUED, JobState.RUNNING)
    if job is not None:
        job.state = JobState.QUARANTINED
        give_up_lease(session, job)


def lift_quarantine(session: Session, submission_id: str) -> None:
    """Let a job that was kept from being graded wait again, as if it had come now."""
    job = _find(session, submission_id, JobState.QUARANTINED)
    if job is not None:
        take_turns_again(session, [job])
        forget_outages(job)
        requeue(session, job, now())


def _find(session: Session, submission_id: str, *states: JobState) -> GradingJob | None:
    """The submission's job, locked, if it is in one of ``states``."""
    return session.scalar(
        select(GradingJob)
        .where(GradingJob.submission_id == submission_id, GradingJob.state.in_(states))
        .with_for_update()
    )

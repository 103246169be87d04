"""How grading stands in a course: what waits, what runs and where, what was given up and why."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.access import Action, Actor, enter_course
from api.accounts.models import User
from api.courses.models import PublishedPset
from api.jobs.forecast import look_ahead
from api.jobs.models import GradingFailure, GradingJob, JobState
from api.jobs.outages import standing_outage
from api.operations.grading_schemas import FailureOut, JobOut, Operations, OutageOut
from api.operations.holds import list_course_holds
from api.submissions.models import Submission

__all__ = ["MOST_JOBS", "course_operations"]

MOST_JOBS = 200
"""How many parked and quarantined jobs are listed, the newest first."""


def course_operations(session: Session, actor: Actor, course_name: str) -> Operations:
    """What staff see of the queue, for their course.

    Raises:
        NotFoundError, NotAllowedError: the actor is not an instructor of such a course.
    """
    course = enter_course(session, actor, course_name, Action.RUN_GRADING)
    outlook = look_ahead(session)
    ours = set(session.scalars(select(PublishedPset.id).where(PublishedPset.course_id == course.id)))
    waiting = sum(pset in ours for _, pset in outlook.waiting)
    held = sum(pset in ours for pset in outlook.held.values())
    outage = standing_outage(session)
    return Operations(
        queued=waiting + held,
        held=held,
        workers=outlook.workers,
        outage=None if outage is None else OutageOut(**outage._asdict()),
        running=_jobs(session, course.id, JobState.RUNNING),
        parked=_jobs(session, course.id, JobState.PARKED),
        quarantined=_jobs(session, course.id, JobState.QUARANTINED),
        holds=list_course_holds(session, actor, course_name),
    )


def _jobs(session: Session, course_id: int, state: JobState) -> tuple[JobOut, ...]:
    rows = session.execute(
        select(GradingJob, Submission, PublishedPset.name, User.name)
        .join(Submission, Submission.id == GradingJob.submission_id)
        .join(PublishedPset, PublishedPset.id == Submission.pset_id)
        .join(User, User.id == Submission.user_id)
        .where(GradingJob.state == state, PublishedPset.course_id == course_id)
        .order_by(GradingJob.id.desc())
        .limit(MOST_JOBS)
    ).all()
    failures = _failures(session, [job.id for job, *_ in rows])
    return tuple(
        JobOut(
            submission=submission.id,
            pset=pset,
            student=student,
            attempt=submission.attempt,
            state=job.state,
            received_at=submission.received_at,
            started_at=job.started_at,
            worker=job.lease_owner,
            failures=tuple(failures.get(job.id, ())),
        )
        for job, submission, pset, student in rows
    )


def _failures(session: Session, jobs: Sequence[int]) -> dict[int, list[FailureOut]]:
    found: dict[int, list[FailureOut]] = {}
    query = select(GradingFailure).where(GradingFailure.job_id.in_(jobs)).order_by(GradingFailure.id)
    for failure in session.scalars(query):
        told = FailureOut(at=failure.at, worker=failure.worker, detail=failure.detail)
        found.setdefault(failure.job_id, []).append(told)
    return found

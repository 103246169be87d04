"""Which jobs may not start because staff hold grading back."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, exists, false, or_, select
from sqlalchemy.orm import Session

from api.courses.models import PublishedPset
from api.jobs.models import GradingJob
from api.operations.models import GradingHold, HoldScope
from api.submissions.models import Submission

__all__ = ["covers", "not_held"]


def not_held(session: Session) -> tuple[ColumnElement[bool], ...]:
    """Conditions that leave out the jobs under a hold; none while nothing is held.

    One short look at the holds, which are few: the queue itself is searched with what they say,
    row by row in its own order, so that the usual case costs nothing.
    """
    active = session.scalars(select(GradingHold).where(GradingHold.lifted_at.is_(None))).all()
    if not active:
        return ()
    if any(hold.scope is HoldScope.ALL for hold in active):
        return (false(),)
    held = (
        exists()
        .where(
            Submission.id == GradingJob.submission_id,
            PublishedPset.id == Submission.pset_id,
            or_(*map(covers, active)),
        )
        .correlate(GradingJob)
    )
    return (~held,)


def covers(hold: GradingHold) -> ColumnElement[bool]:
    """Whether ``hold`` is on a submission, in a query over submissions joined to their sets."""
    match hold.scope:
        case HoldScope.ALL:
            return PublishedPset.id.is_not(None)
        case HoldScope.COURSE:
            return PublishedPset.course_id == hold.course_id
        case HoldScope.PSET:
            return PublishedPset.id == hold.pset_id
        case HoldScope.STUDENT:
            return and_(PublishedPset.course_id == hold.course_id, Submission.user_id == hold.user_id)

"""What is known of an outage that keeps submissions from being graded, for whoever watches the service."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api.jobs.models import GradingJob, JobState

__all__ = ["Outage", "standing_outage"]


class Outage(NamedTuple):
    """Submissions that met an outage each time they were tried: since when, how many, and what a worker
    saw last. ``detail`` is for staff and operators."""

    since: datetime
    submissions: int
    detail: str


def standing_outage(session: Session) -> Outage | None:
    """The outage that submissions meet now; ``None`` when the last that was tried met none.

    Others may wait behind them that no worker has tried meanwhile.
    """
    met = (
        GradingJob.state.in_((JobState.QUEUED, JobState.RUNNING)),
        GradingJob.outage_since.is_not(None),
    )
    since, count = session.execute(select(func.min(GradingJob.outage_since), func.count()).where(*met)).one()
    if since is None:
        return None
    newest = select(GradingJob.last_error).where(*met).order_by(GradingJob.not_before.desc()).limit(1)
    return Outage(since, count, session.scalar(newest) or "")

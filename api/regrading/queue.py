"""Regrades wait for a worker as jobs do: leased, fenced by number, begun again when a worker falls silent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, and_, exists, or_, select, update
from sqlalchemy.orm import Session

from api.database import now
from api.errors import LeaseLostError
from api.jobs.fairness import take_turns_again
from api.jobs.models import GradingJob, JobState
from api.jobs.queue import requeue
from api.regrading.items import fail_item
from api.regrading.models import ItemState, Regrade, RegradeItem, RegradeState

__all__ = [
    "RegradeLease",
    "fail_regrade",
    "free_jobs",
    "has_regrade",
    "hold",
    "lease_regrade",
    "release_regrade",
    "start_rerun",
]

_EVIDENCE_CHARACTERS = 20_000


@dataclass(frozen=True, slots=True)
class RegradeLease:
    """A worker's right to replay the submissions of one regrade. ``number`` is the fencing token."""

    regrade_id: int
    number: int
    worker: str


def _open(at: datetime) -> Select[Regrade]:
    to_replay = exists().where(RegradeItem.regrade_id == Regrade.id, RegradeItem.state == ItemState.WAITING)
    silent = or_(Regrade.lease_expires_at.is_(None), Regrade.lease_expires_at < at)
    free = or_(Regrade.state == RegradeState.QUEUED, and_(Regrade.state == RegradeState.RUNNING, silent))
    return select(Regrade).where(free, to_replay).order_by(Regrade.id).limit(1)


def has_regrade(session: Session, *, at: datetime | None = None) -> bool:
    """Whether a worker would find one to work on."""
    return session.scalar(_open(at or now())) is not None


def lease_regrade(
    session: Session, worker: str, *, seconds: float, at: datetime | None = None
) -> RegradeLease | None:
    """Take the next regrade for ``worker``, or ``None``."""
    moment = at or now()
    regrade = session.scalar(_open(moment).with_for_update(skip_locked=True, of=Regrade))
    if regrade is None:
        return None
    regrade.state = RegradeState.RUNNING
    regrade.lease += 1
    regrade.lease_owner = worker
    regrade.lease_expires_at = moment + timedelta(seconds=seconds)
    session.flush()
    return RegradeLease(regrade.id, regrade.lease, worker)


def hold(session: Session, lease: RegradeLease, *, seconds: float | None = None) -> Regrade:
    """The regrade, locked until the transaction ends; with ``seconds`` its lease is renewed.

    Raises:
        LeaseLostError: it is no longer this worker's, or was discarded.
    """
    values: dict[str, object] = {"lease_owner": lease.worker}
    if seconds is not None:
        values["lease_expires_at"] = now() + timedelta(seconds=seconds)
    held = session.execute(
        update(Regrade)
        .where(
            Regrade.id == lease.regrade_id,
            Regrade.lease == lease.number,
            Regrade.state == RegradeState.RUNNING,
        )
        .values(values)
        .returning(Regrade.id)
    ).scalar_one_or_none()
    if held is None:
        msg = f"regrade {lease.regrade_id} is no longer held by lease {lease.number} of {lease.worker}"
        raise LeaseLostError(msg)
    return session.get_one(Regrade, lease.regrade_id, populate_existing=True)


def release_regrade(session: Session, lease: RegradeLease) -> None:
    """Let another worker, or this one, go on with it.

    Raises:
        LeaseLostError: it is no longer this worker's.
    """
    regrade = hold(session, lease)
    regrade.lease_owner = None
    regrade.lease_expires_at = None


def fail_regrade(session: Session, lease: RegradeLease, detail: str, *, tries: int, retriable: bool) -> None:
    """The platform failed, or the package is broken: try again, or give the regrade up. No grade changes.

    Raises:
        LeaseLostError: it is no longer this worker's.
    """
    regrade = hold(session, lease)
    regrade.failures += 1
    regrade.last_error = detail[-_EVIDENCE_CHARACTERS:]
    regrade.lease_owner = None
    regrade.lease_expires_at = None
    if not retriable or regrade.failures >= tries:
        regrade.state = RegradeState.FAILED
        regrade.closed_at = now()
        free_jobs(session, regrade.id)


def start_rerun(session: Session, item: RegradeItem, why: str) -> None:
    """Run the submission's code again; the job goes back into the queue, after first gradings."""
    job = session.scalar(
        select(GradingJob)
        .where(
            GradingJob.submission_id == item.submission_id,
            GradingJob.state == JobState.DONE,
            GradingJob.regrade_id.is_(None),
        )
        .with_for_update()
    )
    if job is None:
        fail_item(item, "it is being graded for another reason; ask again when that is over")
        return
    item.state = ItemState.RERUN
    item.detail = why
    job.regrade_id = item.regrade_id
    job.failures = 0
    take_turns_again(session, [job])
    requeue(session, job, now())


def free_jobs(session: Session, regrade_id: int) -> None:
    """Let the jobs that wait to be run again for this regrade be what they were before. One that runs
    comes to its end, and its outcome is dropped."""
    session.execute(
        update(GradingJob)
        .where(GradingJob.regrade_id == regrade_id, GradingJob.state != JobState.RUNNING)
        .values(state=JobState.DONE, regrade_id=None)
    )

"""Looks into a service's database: whether its files are there, and whether its work goes on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from gradecli.operator_doctor import Finding, State

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from api.settings import Settings

__all__ = ["look_at_store", "look_at_work"]

_SAMPLE = 50
_WAITING = timedelta(minutes=2)
_BACKUP_AGE = timedelta(days=2)


def look_at_store(settings: Settings, session: Session) -> Iterator[Finding]:
    """Whether it can be written to, and whether the newest files and every published set are whole."""
    from sqlalchemy import select

    from api.courses.models import PublishedPset
    from api.errors import StoreError
    from api.store import ContentStore
    from api.submissions.models import Submission, SubmissionFile

    store = ContentStore(settings.data)
    try:
        store.try_to_write()
    except OSError as error:
        yield Finding(
            "store",
            State.ACT,
            f"cannot be written to: {error.strerror or error}",
            "Give the service's user the data folder and all in it, and free some space.",
        )
    newest = (
        select(SubmissionFile.sha256)
        .join(Submission, Submission.id == SubmissionFile.submission_id)
        .where(Submission.files_removed_at.is_(None))
        .order_by(Submission.received_at.desc())
        .limit(_SAMPLE)
    )
    names = session.scalars(newest).all()
    packages = session.scalars(select(PublishedPset.package_digest)).all()
    wrong = []
    for look, arguments in ((store.get, names), (store.package, packages)):
        for argument in arguments:
            try:
                look(argument)
            except StoreError as error:
                wrong.append(str(error))
    if wrong:
        detail = f"{len(wrong)} of {len(names) + len(packages)} looked at are not whole: {wrong[0]}"
        yield Finding("store, sample", State.ACT, detail, "Restore what is missing from your backup.")
    else:
        detail = f"the newest {len(names)} files and {len(packages)} published sets are whole"
        yield Finding("store, sample", State.OK, detail)


def look_at_work(session: Session) -> Iterator[Finding]:
    """Whether somebody grades, and what waits for a person."""
    yield _workers(session)
    yield _outage(session)
    yield _parked(session)
    yield _holds(session)
    yield _backup(session)


def _workers(session: Session) -> Finding:
    from sqlalchemy import func, select

    from api.database import now
    from api.jobs.models import GradingJob, JobState

    busy = session.scalar(
        select(func.count(GradingJob.lease_owner.distinct())).where(
            GradingJob.state == JobState.RUNNING, GradingJob.lease_expires_at >= now()
        )
    )
    waiting, oldest = session.execute(
        select(func.count(), func.min(GradingJob.created_at)).where(GradingJob.state == JobState.QUEUED)
    ).one()
    if oldest is not None and not busy and now() - oldest > _WAITING:
        minutes = (now() - oldest).total_seconds() / 60
        return Finding(
            "workers",
            State.ACT,
            f"none is at work, and {waiting} submissions wait, the oldest for {minutes:,.0f} minutes",
            "Start gradecli serve or gradecli worker, or see in its log why it grades nothing.",
        )
    return Finding("workers", State.OK, f"{busy or 0} at work, {waiting} submissions wait")


def _outage(session: Session) -> Finding:
    from api.database import now
    from api.jobs.outages import standing_outage

    what = "outage of grading"
    outage = standing_outage(session)
    if outage is None:
        return Finding(what, State.OK, "none: what was tried last met none")
    minutes = (now() - outage.since).total_seconds() / 60
    met = f"met by {outage.submissions} each time they were tried, for {minutes:,.0f} minutes"
    detail = f"{met}: {outage.detail.strip().rpartition(chr(10))[2][-300:]}"
    return Finding(what, State.ACT, detail, "Repair it: then grading goes on by itself; no try was counted.")


def _parked(session: Session) -> Finding:
    from sqlalchemy import func, select

    from api.jobs.models import GradingJob, JobState

    count = session.scalar(select(func.count()).where(GradingJob.state == JobState.PARKED))
    if not count:
        return Finding("parked submissions", State.OK, "none")
    return Finding(
        "parked submissions",
        State.ACT,
        f"{count} were given up after failures of the platform",
        "Find the cause in the worker's log, then have them graded again on their pages.",
    )


def _holds(session: Session) -> Finding:
    from sqlalchemy import select

    from api.operations.models import GradingHold

    scopes = session.scalars(select(GradingHold.scope).where(GradingHold.lifted_at.is_(None))).all()
    if not scopes:
        return Finding("holds on grading", State.OK, "none")
    kinds = ", ".join(sorted({scope.value for scope in scopes}))
    remedy = "Staff placed them on purpose: lift them when they have done their work."
    return Finding("holds on grading", State.LIMITED, f"{len(scopes)} stand ({kinds})", remedy)


def _backup(session: Session) -> Finding:
    from sqlalchemy import func, select

    from api.database import now
    from api.operations.models import AuditEntry

    last = session.scalar(select(func.max(AuditEntry.at)).where(AuditEntry.action == "db.backup"))
    if last is None:
        remedy = "gradecli db backup makes one. Copies that other programs make are not known here."
        return Finding("last backup", State.LIMITED, "none is known", remedy)
    age = now() - last
    if age > _BACKUP_AGE:
        return Finding("last backup", State.ACT, f"{age.days} days old", "gradecli db backup, once a night.")
    return Finding("last backup", State.OK, f"{age.total_seconds() / 3600:,.0f} hours old")

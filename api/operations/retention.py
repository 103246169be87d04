"""Retention: what is old enough to be removed, and removing it.

Only bytes go, and only those that no grade needs to stand: submitted files, the archives and
notebooks they came in, transcripts. Rows stay, with digests, sizes and the day of the removal; so do
grades, reports, receipts and the audit trail, always. The bytes themselves leave the disk with the
next collection (:mod:`api.operations.collection`), if nothing else refers to them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, func, select, update
from sqlalchemy.orm import Session

from api.courses.models import Course, PublishedPset
from api.jobs.models import GradingJob, JobState
from api.operations.audit import record_action
from api.regrading.models import Regrade, RegradeItem, RegradeState, Transcript
from api.settings import Settings
from api.submissions.models import Submission, SubmissionFile, SubmissionUpload

__all__ = ["Kind", "Removal", "apply", "preview"]

_AT_ONCE = 500
_OPEN_REGRADES = (RegradeState.QUEUED, RegradeState.RUNNING, RegradeState.READY)


class Kind(StrEnum):
    """What can be removed, each after a number of days of its own."""

    FILES = "files"
    UPLOADS = "uploads"
    TRANSCRIPTS = "transcripts"


@dataclass(frozen=True, slots=True)
class Removal:
    """What is removed of one kind in one course: ``bytes`` as they were submitted or kept."""

    course: str
    kind: Kind
    submissions: int
    items: int
    bytes: int


def preview(session: Session, settings: Settings, *, at: datetime) -> tuple[Removal, ...]:
    """What :func:`apply` would remove at that moment, by course. Changes nothing."""
    return tuple(removal for course in _ended(session, settings, at) for removal in _in_course(
        session, settings, course, at, remove=False
    ))  # fmt: skip


def apply(session: Session, settings: Settings, *, at: datetime) -> tuple[Removal, ...]:
    """Remove it, and leave an entry for each course in the audit trail. One writing transaction."""
    done: list[Removal] = []
    for course in _ended(session, settings, at):
        removals = _in_course(session, settings, course, at, remove=True)
        if removals:
            detail = {
                removal.kind.value: {"items": removal.items, "bytes": removal.bytes} for removal in removals
            }
            record_action(session, None, "retention.apply", course=course, subject=course.name, detail=detail)
        done += removals
    return tuple(done)


def _ended(session: Session, settings: Settings, at: datetime) -> Sequence[Course]:
    """Courses whose last due date and last submission are long enough ago."""
    newest = (
        select(func.max(Submission.received_at))
        .join(Submission.pset)
        .where(PublishedPset.course_id == Course.id)
        .scalar_subquery()
    )
    last_due = (
        select(func.max(PublishedPset.due_at)).where(PublishedPset.course_id == Course.id).scalar_subquery()
    )
    long_ago = at - timedelta(days=settings.retention_course_days)
    return session.scalars(
        select(Course)
        .where(newest < long_ago, func.coalesce(last_due, newest) < long_ago)
        .order_by(Course.name)
    ).all()


def _in_course(
    session: Session, settings: Settings, course: Course, at: datetime, *, remove: bool
) -> list[Removal]:
    days = {
        Kind.FILES: settings.retention_files_days,
        Kind.UPLOADS: settings.retention_uploads_days,
        Kind.TRANSCRIPTS: settings.retention_transcripts_days,
    }
    removals = []
    for kind, kept in days.items():
        if kept is None:
            continue
        found = session.execute(_removable(kind, course, before=at - timedelta(days=kept))).all()
        if not found:
            continue
        ids = list(dict.fromkeys(submission for submission, _ in found))
        removals.append(Removal(course.name, kind, len(ids), len(found), sum(size for _, size in found)))
        if remove:
            for start in range(0, len(ids), _AT_ONCE):
                _mark(session, kind, ids[start : start + _AT_ONCE], at)
    return removals


def _removable(kind: Kind, course: Course, *, before: datetime) -> Select[str, int]:
    """The submission and the size of each item. Only of work that is settled: graded or superseded,
    not quarantined, and in no regrade that is still open."""
    being_regraded = (
        select(RegradeItem.submission_id)
        .join(Regrade, Regrade.id == RegradeItem.regrade_id)
        .where(Regrade.state.in_(_OPEN_REGRADES))
    )
    settled: tuple[ColumnElement[bool], ...] = (
        PublishedPset.course_id == course.id,
        Submission.received_at < before,
        Submission.quarantined_at.is_(None),
        GradingJob.state.in_((JobState.DONE, JobState.SUPERSEDED)),
        Submission.id.not_in(being_regraded),
    )
    item: type[SubmissionFile | SubmissionUpload | Transcript]
    present: ColumnElement[bool]
    match kind:
        case Kind.FILES:
            item, present = SubmissionFile, Submission.files_removed_at.is_(None)
        case Kind.UPLOADS:
            item, present = SubmissionUpload, SubmissionUpload.removed_at.is_(None)
        case Kind.TRANSCRIPTS:
            item, present = Transcript, Transcript.removed_at.is_(None)
    return (
        select(item.submission_id, item.size)
        .join(Submission, Submission.id == item.submission_id)
        .join(PublishedPset, PublishedPset.id == Submission.pset_id)
        .join(GradingJob, GradingJob.submission_id == Submission.id)
        .where(present, *settled)
        .order_by(item.submission_id)
    )


def _mark(session: Session, kind: Kind, ids: Sequence[str], at: datetime) -> None:
    match kind:
        case Kind.FILES:
            session.execute(update(Submission).where(Submission.id.in_(ids)).values(files_removed_at=at))
        case Kind.UPLOADS:
            session.execute(
                update(SubmissionUpload)
                .where(SubmissionUpload.submission_id.in_(ids), SubmissionUpload.removed_at.is_(None))
                .values(removed_at=at)
            )
        case Kind.TRANSCRIPTS:
            session.execute(
                update(Transcript)
                .where(Transcript.submission_id.in_(ids), Transcript.removed_at.is_(None))
                .values(removed_at=at)
            )

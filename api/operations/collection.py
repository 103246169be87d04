"""Collecting what lies in the store and belongs to nothing, while submissions keep coming in.

A blob is written before the row that refers to it is committed, so a young blob without a row is
nothing unusual. Blobs are collected only when they have been without a row, and have not been asked
for, for the grace period; and the store takes them away in a way that a writer notices
(:meth:`api.store.ContentStore.collect`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.courses.models import PackageVersion
from api.database import Database
from api.regrading.models import Transcript
from api.store import ContentStore
from api.submissions.models import Submission, SubmissionFile, SubmissionUpload

__all__ = ["GRACE", "REFERENCES", "Collected", "collect_garbage"]

GRACE: Final = timedelta(days=1)
"""Far longer than any request lasts, and than clocks are wrong."""

REFERENCES: Final = (
    select(SubmissionFile.sha256)
    .join(Submission, Submission.id == SubmissionFile.submission_id)
    .where(Submission.files_removed_at.is_(None)),
    select(SubmissionUpload.sha256).where(SubmissionUpload.removed_at.is_(None)),
    select(Transcript.sha256).where(Transcript.removed_at.is_(None)),
    select(PackageVersion.handout_sha256),
)
"""Every column that names a blob, and which of its rows still mean it."""


@dataclass(frozen=True, slots=True)
class Collected:
    """What belonged to nothing: blobs, and leftovers of writers that were killed."""

    blobs: int
    leftovers: int
    bytes: int


def collect_garbage(
    database: Database, store: ContentStore, *, at: datetime, grace: timedelta = GRACE, remove: bool
) -> Collected:
    """Find what belongs to nothing, and take it off the disk where ``remove`` says so."""
    before = at - grace
    # First what is there, then what is meant: a blob that gets its row in between is among the meant.
    old = store.blobs_older_than(before)
    with database.reading() as session:
        meant = _meant(session)
    garbage = [blob for blob in old if blob.name not in meant]
    leftovers = store.leftovers_older_than(before)
    if remove:
        garbage = [blob for blob in garbage if store.collect(blob.name, before)]
        for leftover in leftovers:
            store.remove_leftover(leftover.name)
    total = sum(blob.size for blob in garbage) + sum(leftover.size for leftover in leftovers)
    return Collected(blobs=len(garbage), leftovers=len(leftovers), bytes=total)


def _meant(session: Session) -> frozenset[str]:
    return frozenset(name for query in REFERENCES for name in session.scalars(query))

"""Transcripts of gradings, and regrades with the outcome for each submission."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from api.database import Base, UtcDateTime, now, stored_enum

__all__ = ["ItemState", "Regrade", "RegradeItem", "RegradeKind", "RegradeState", "Transcript"]


class RegradeKind(StrEnum):
    """``replay`` scores transcripts, and runs again only what they cannot answer; ``rerun`` runs all."""

    REPLAY = "replay"
    RERUN = "rerun"


class RegradeState(StrEnum):
    """``queued`` → ``running`` → ``ready`` (a preview) → ``applied`` or ``discarded``; ``failed`` where
    the package itself is broken."""

    QUEUED = "queued"
    RUNNING = "running"
    READY = "ready"
    APPLIED = "applied"
    DISCARDED = "discarded"
    FAILED = "failed"


class ItemState(StrEnum):
    """``waiting``: to be scored; ``rerun``: student code runs again; then ``scored`` or ``failed``."""

    WAITING = "waiting"
    RERUN = "rerun"
    SCORED = "scored"
    FAILED = "failed"


class Transcript(Base):
    """All that crossed the wire when one submission was graded: compressed, in the store."""

    __tablename__ = "transcripts"
    __table_args__ = (UniqueConstraint("submission_id", "lease"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[str] = mapped_column(ForeignKey("submissions.id"))
    lease: Mapped[int]
    package_digest: Mapped[str] = mapped_column(ForeignKey("package_versions.digest"))
    environment_digest: Mapped[str] = mapped_column(String(64))
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Regrade(Base):
    """One request of staff to grade submissions of a set again, with one version of its package.

    ``lease`` fences it as it does a grading job. Nothing changes a grade before it is applied.
    """

    __tablename__ = "regrades"

    id: Mapped[int] = mapped_column(primary_key=True)
    pset_id: Mapped[int] = mapped_column(ForeignKey("published_psets.id"), index=True)
    kind: Mapped[RegradeKind] = mapped_column(stored_enum(RegradeKind))
    package_digest: Mapped[str] = mapped_column(ForeignKey("package_versions.digest"))
    reason: Mapped[str] = mapped_column(String(500))
    state: Mapped[RegradeState] = mapped_column(stored_enum(RegradeState), default=RegradeState.QUEUED)
    lease: Mapped[int] = mapped_column(default=0)
    lease_owner: Mapped[str | None] = mapped_column(String(100))
    lease_expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failures: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None] = mapped_column(Text)
    requested_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    requested_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    closed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RegradeItem(Base):
    """What a regrade comes to for one submission: the score it has, and the one it would have.

    ``before_report_id`` is the report that counted when the regrade was asked for: when another has
    come since, the item is stale. ``changes``: each check that would end otherwise. ``detail``: why it
    was run again or failed, for staff.
    """

    __tablename__ = "regrade_items"

    regrade_id: Mapped[int] = mapped_column(ForeignKey("regrades.id"), primary_key=True)
    submission_id: Mapped[str] = mapped_column(ForeignKey("submissions.id"), primary_key=True)
    state: Mapped[ItemState] = mapped_column(stored_enum(ItemState), default=ItemState.WAITING)
    before_report_id: Mapped[int] = mapped_column(ForeignKey("grade_reports.id"))
    before: Mapped[float | None]
    after: Mapped[float | None]
    report_json: Mapped[str | None] = mapped_column("report", Text)
    changes_json: Mapped[list[dict[str, str | float | bool | None]] | None] = mapped_column("changes", JSON)
    detail: Mapped[str | None] = mapped_column(Text)

"""Grading jobs, what went wrong with them, and what they have to say while they run."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from api.database import Base, UtcDateTime, now, stored_enum

__all__ = ["FailureKind", "GradingFailure", "GradingJob", "JobState", "ProgressEvent"]


class JobState(StrEnum):
    """``queued`` → ``running`` → ``done``; back to ``queued`` when the platform fails, and to
    ``parked`` when it has failed too often: then staff look at it. A queued one may be
    ``superseded`` by the student's next attempt, where the course says so. A queued or running one
    is ``quarantined`` by staff: it waits, and is not graded until they lift that."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    PARKED = "parked"
    SUPERSEDED = "superseded"
    QUARANTINED = "quarantined"


class FailureKind(StrEnum):
    """Why a try came to nothing. ``failed``: the platform broke, perhaps by this submission's doing.
    ``silent``: the worker said nothing itself; its lease ran out. ``outage``: what all grading needs was
    away; such a try is not counted."""

    FAILED = "failed"
    SILENT = "silent"
    OUTAGE = "outage"


class GradingJob(Base):
    """The one row that owns a submission's state.

    ``lease`` is the fencing token: it grows each time a worker takes the job, and whatever a
    worker wants to write about the job must carry the number it was given. ``user_id`` is the
    submission's student and ``turn`` says when it is theirs (:mod:`api.jobs.fairness`).
    ``started_at`` is when it was last leased. ``failures`` counts tries; ``outages`` those that met an
    outage, since ``outage_since`` and until one ends otherwise. With ``regrade_id`` the submission is
    run again for that regrade: its outcome goes there, and never by itself to the grade.
    """

    __tablename__ = "grading_jobs"
    __table_args__ = (
        # The fair order itself: a worker takes the first row that it finds here.
        Index("ix_grading_jobs_state_turn_id", "state", "turn", "id"),
        Index("ix_grading_jobs_user_id_turn", "user_id", "turn"),
        Index(
            "ix_grading_jobs_started_turn",
            "turn",
            sqlite_where=text("started_at IS NOT NULL"),
            postgresql_where=text("started_at IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[str] = mapped_column(ForeignKey("submissions.id"), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    turn: Mapped[int] = mapped_column(default=0)
    regrade_id: Mapped[int | None] = mapped_column(ForeignKey("regrades.id"))
    state: Mapped[JobState] = mapped_column(stored_enum(JobState), default=JobState.QUEUED)
    lease: Mapped[int] = mapped_column(default=0)
    lease_owner: Mapped[str | None] = mapped_column(String(100))
    lease_expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    not_before: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    failures: Mapped[int] = mapped_column(default=0)
    outages: Mapped[int] = mapped_column(default=0)
    outage_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def seen_state(self) -> JobState:
        """The state for whoever asks about the submission: while a regrade runs it again, it is graded."""
        return self.state if self.regrade_id is None else JobState.DONE


class GradingFailure(Base):
    """Evidence of one failed try: which worker, when, and what it saw. Never shown to students."""

    __tablename__ = "grading_failures"

    id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[int] = mapped_column(ForeignKey("grading_jobs.id"), index=True)
    lease: Mapped[int]
    worker: Mapped[str] = mapped_column(String(100))
    kind: Mapped[FailureKind] = mapped_column(stored_enum(FailureKind), default=FailureKind.FAILED)
    detail: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


class ProgressEvent(Base):
    """One thing to show while a submission is graded, in the order of ``id``.

    ``kind`` is an event's name on the stream and ``data`` its JSON: only what the student may see.
    """

    __tablename__ = "progress_events"
    # Numbers are never used again: a reader resumes after the last one it saw.
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[int] = mapped_column(ForeignKey("grading_jobs.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    data: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=now, index=True)

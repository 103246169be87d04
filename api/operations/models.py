"""Holds on grading, and the record of what staff did."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, Connection, ForeignKey, Index, String, event
from sqlalchemy.orm import Mapped, Mapper, mapped_column

from api.database import Base, UtcDateTime, now, stored_enum

__all__ = ["AuditEntry", "GradingHold", "HoldScope"]


class HoldScope(StrEnum):
    """What a hold stops: all grading, or that of a course, a problem set or a student in a course."""

    ALL = "all"
    COURSE = "course"
    PSET = "pset"
    STUDENT = "student"


class GradingHold(Base):
    """Grading stands still where a hold without ``lifted_at`` applies. Submissions are taken in and wait.

    A hold on a student names the course too: it holds their work in that course only.
    """

    __tablename__ = "grading_holds"

    id: Mapped[int] = mapped_column(primary_key=True)
    scope: Mapped[HoldScope] = mapped_column(stored_enum(HoldScope))
    course_id: Mapped[int | None] = mapped_column(ForeignKey("courses.id"))
    pset_id: Mapped[int | None] = mapped_column(ForeignKey("published_psets.id"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    reason: Mapped[str] = mapped_column(String(500))
    placed_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    placed_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    lifted_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    lifted_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)


class AuditEntry(Base):
    """One thing that a member of staff did: who, when, what, to whom. Append-only.

    ``action`` is a word such as ``roster.import``; ``subject`` names the object, for people;
    ``detail`` holds what changed, never a secret. ``actor_id`` is ``null`` for the operator's shell.
    """

    __tablename__ = "audit_entries"
    __table_args__ = (Index("ix_audit_entries_course_id_id", "course_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    action: Mapped[str] = mapped_column(String(60))
    course_id: Mapped[int | None] = mapped_column(ForeignKey("courses.id"))
    subject: Mapped[str] = mapped_column(String(300))
    detail: Mapped[dict[str, object]] = mapped_column(JSON)


def _refuse(_mapper: Mapper[Base], _connection: Connection, _target: Base) -> None:
    msg = "the audit trail is append-only"
    raise TypeError(msg)


event.listen(AuditEntry, "before_update", _refuse)
event.listen(AuditEntry, "before_delete", _refuse)

"""Writing the audit trail: every action of staff leaves an entry in the transaction that does it."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

from api.access import Actor
from api.courses.models import Course
from api.operations.models import AuditEntry

__all__ = ["record_action"]

_SUBJECT = 300


def record_action(
    session: Session,
    actor: Actor | None,
    action: str,
    *,
    course: Course | None = None,
    subject: str = "",
    detail: Mapping[str, object] | None = None,
) -> None:
    """Add one entry. ``actor`` is ``None`` for the operator's shell; ``detail`` must hold no secret."""
    session.add(
        AuditEntry(
            actor_id=None if actor is None else actor.id,
            action=action,
            course_id=None if course is None else course.id,
            subject=subject[:_SUBJECT],
            detail=dict(detail or {}),
        )
    )

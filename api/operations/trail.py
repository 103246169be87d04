"""Reading the audit trail: a course's for its instructors, everything for administrators."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from api.access import Action, Actor, enter_course, require_admin
from api.accounts.models import User
from api.courses.models import Course
from api.operations.models import AuditEntry
from api.operations.schemas import AuditOut, AuditPage

__all__ = ["TrailFilter", "actions_known", "course_trail", "whole_trail"]

_MOST = 500
_Query = Select[AuditEntry, str | None, str | None]


@dataclass(frozen=True, slots=True)
class TrailFilter:
    """Which entries to show. ``action``: a word such as ``roster.import``, or its beginning, such as
    ``roster``; ``by``: an e-mail address; ``before``: only entries with a smaller number."""

    action: str = ""
    by: str = ""
    before: int | None = None
    limit: int = 100


def course_trail(session: Session, actor: Actor, course_name: str, chosen: TrailFilter) -> AuditPage:
    """What the staff of one course did there, the newest first.

    Raises:
        NotFoundError: no such course for this actor.
        NotAllowedError: the actor is not one of its instructors.
    """
    course = enter_course(session, actor, course_name, Action.SEE_AUDIT)
    return _page(session, _entries().where(AuditEntry.course_id == course.id), chosen)


def whole_trail(session: Session, actor: Actor, chosen: TrailFilter) -> AuditPage:
    """What staff of all courses, administrators and the operator did, the newest first.

    Raises:
        NotAllowedError: the actor is not an administrator.
    """
    require_admin(actor)
    return _page(session, _entries(), chosen)


def actions_known(session: Session, course_id: int | None = None) -> tuple[str, ...]:
    """Every action that the trail has an entry of, in order: what a filter can offer."""
    query = select(AuditEntry.action).distinct().order_by(AuditEntry.action)
    if course_id is not None:
        query = query.where(AuditEntry.course_id == course_id)
    return tuple(session.scalars(query))


def _entries() -> _Query:
    return (
        select(AuditEntry, User.email, Course.name)
        .outerjoin(User, User.id == AuditEntry.actor_id)
        .outerjoin(Course, Course.id == AuditEntry.course_id)
    )


def _page(session: Session, query: _Query, chosen: TrailFilter) -> AuditPage:
    if chosen.action:
        wanted = AuditEntry.action
        query = query.where(
            (wanted == chosen.action)
            | (func.substr(wanted, 1, len(chosen.action) + 1) == f"{chosen.action}.")
        )
    if chosen.by:
        query = query.where(User.email == chosen.by.strip().lower())
    if chosen.before is not None:
        query = query.where(AuditEntry.id < chosen.before)
    limit = min(chosen.limit, _MOST)
    rows = session.execute(query.order_by(AuditEntry.id.desc()).limit(limit + 1)).all()
    entries = tuple(
        AuditOut(
            id=entry.id,
            at=entry.at,
            by=by,
            action=entry.action,
            course=course,
            subject=entry.subject,
            detail=entry.detail,
        )
        for entry, by, course in rows[:limit]
    )
    return AuditPage(entries=entries, older=entries[-1].id if len(rows) > limit else None)

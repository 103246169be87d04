"""The audit trail as a list that a person reads."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from api.operations.schemas import AuditOut, AuditPage
from api.operations.trail import TrailFilter
from api.web import addresses, words
from api.web.words import Moment

__all__ = ["AuditView", "Deed", "audit_view"]

_OPERATOR = "the operator"


@dataclass(frozen=True, slots=True)
class Deed:
    """One entry. ``facts`` is what changed, name and value."""

    at: Moment
    by: str
    action: str
    course: str
    subject: str
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class AuditView:
    """What staff did. ``course`` is empty where the trail is that of the whole service."""

    course: str
    course_title: str
    gradebook_href: str
    here: str
    deeds: tuple[Deed, ...]
    actions: tuple[str, ...]
    action: str
    by: str
    filtered: bool
    older_href: str


def audit_view(
    page: AuditPage,
    chosen: TrailFilter,
    *,
    actions: Sequence[str],
    now: datetime,
    course: str | None = None,
    course_title: str = "",
) -> AuditView:
    """A page of the trail, with the form that narrows it."""
    older = addresses.audit(course, action=chosen.action, by=chosen.by, before=page.older or 0)
    return AuditView(
        course=course or "",
        course_title=course_title,
        gradebook_href="" if course is None else addresses.gradebook(course),
        here=addresses.audit(course),
        deeds=tuple(_deed(entry, now) for entry in page.entries),
        actions=tuple(actions),
        action=chosen.action,
        by=chosen.by,
        filtered=bool(chosen.action or chosen.by or chosen.before),
        older_href=older if page.older else "",
    )


def _deed(entry: AuditOut, now: datetime) -> Deed:
    return Deed(
        at=words.moment(entry.at, now),
        by=entry.by or _OPERATOR,
        action=entry.action,
        course=entry.course or "",
        subject=entry.subject,
        facts=tuple((name.replace("_", " "), _shown(value)) for name, value in entry.detail.items()),
    )


def _shown(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return ", ".join(_shown(each) for each in value) or "nobody"
    if isinstance(value, dict):
        return "; ".join(f"{str(name).replace('_', ' ')}: {_shown(each)}" for name, each in value.items())
    return "none" if value is None else json.dumps(value, ensure_ascii=False)

"""The audit trail: what staff did, for those who answer for it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from api.dependencies import CurrentActor, CurrentServices
from api.operations.schemas import AuditPage
from api.operations.trail import TrailFilter, course_trail, whole_trail

__all__ = ["Chosen", "router"]

router = APIRouter(tags=["audit"])


def _chosen(
    action: Annotated[str, Query(max_length=60, description="A word, or its part before the dot.")] = "",
    by: Annotated[str, Query(max_length=254, description="Only what this e-mail address did.")] = "",
    before: Annotated[int | None, Query(ge=1, le=2**31 - 1, description="Only older entries.")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> TrailFilter:
    return TrailFilter(action=action.strip(), by=by, before=before, limit=limit)


Chosen = Annotated[TrailFilter, Depends(_chosen)]
"""Which entries a request asks for."""


@router.get("/courses/{course}/audit")
def of_course(services: CurrentServices, actor: CurrentActor, course: str, chosen: Chosen) -> AuditPage:
    """What the staff of a course did, the newest first (instructors)."""
    with services.database.reading() as session:
        return course_trail(session, actor, course, chosen)


@router.get("/audit")
def of_everything(services: CurrentServices, actor: CurrentActor, chosen: Chosen) -> AuditPage:
    """What was done in all courses and on the server itself, the newest first (admins)."""
    with services.database.reading() as session:
        return whole_trail(session, actor, chosen)

"""Courses, published problem sets, handouts and rosters."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Body, Response

from api.courses import service
from api.courses.roster import import_roster
from api.courses.schemas import CourseChange, CourseIn, CourseOut, PsetOut, PublishIn, RosterResult
from api.dependencies import CurrentActor, CurrentServices
from api.refusals import DESCRIBED_BESIDE_OTHERS

__all__ = ["router"]

router = APIRouter(prefix="/courses", tags=["courses"])


@router.post("", status_code=HTTPStatus.CREATED)
def create_course(services: CurrentServices, actor: CurrentActor, course: CourseIn) -> CourseOut:
    """Add a course (admins)."""
    with services.database.writing() as session:
        return service.create_course(session, actor, course)


@router.patch("/{course}")
def change_course(
    services: CurrentServices, actor: CurrentActor, course: str, change: CourseChange
) -> CourseOut:
    """Change how a course works (instructors)."""
    with services.database.writing() as session:
        return service.change_course(session, actor, course, change)


@router.get("/{course}/psets")
def list_psets(services: CurrentServices, actor: CurrentActor, course: str) -> tuple[PsetOut, ...]:
    """The published problem sets, oldest first."""
    with services.database.reading() as session:
        return service.list_psets(session, actor, course)


@router.put("/{course}/psets/{pset}")
def publish(
    services: CurrentServices, actor: CurrentActor, course: str, pset: str, publication: PublishIn
) -> PsetOut:
    """Publish a problem set from the server's problems folder, or change its version and due date."""
    return service.publish(services, actor, course, pset, publication.due_at)


@router.get(
    "/{course}/psets/{pset}/handout",
    response_class=Response,
    responses={200: {"content": {"application/zip": {}}}, **DESCRIBED_BESIDE_OTHERS},
)
def handout(services: CurrentServices, actor: CurrentActor, course: str, pset: str) -> Response:
    """What students download, as a zip."""
    with services.database.reading() as session:
        found = service.read_handout(services, session, actor, course, pset)
    disposition = f'attachment; filename="{found.file_name}"'
    return Response(found.content, media_type="application/zip", headers={"Content-Disposition": disposition})


@router.post("/{course}/roster")
def roster(
    services: CurrentServices,
    actor: CurrentActor,
    course: str,
    content: Annotated[bytes, Body(media_type="text/csv")],
) -> RosterResult:
    """Enrol the people of a CSV file; the tokens of new ones are shown this once."""
    with services.database.writing() as session:
        return import_roster(session, actor, course, content)

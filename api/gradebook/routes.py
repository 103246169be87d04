"""Scores and the gradebook."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.dependencies import CurrentActor, CurrentServices, UserId
from api.gradebook import service
from api.gradebook.mistakes import mistakes as count
from api.gradebook.schemas import GradebookOut, GradeChangeOut, MistakesOut, MyScore
from api.gradebook.spreadsheet import gradebook_csv
from api.refusals import DESCRIBED_BESIDE_OTHERS

__all__ = ["router"]

router = APIRouter(prefix="/courses/{course}", tags=["gradebook"])

Section = Annotated[str | None, Query(max_length=50, description="Only this section's students.")]


@router.get("/scores")
def my_scores(services: CurrentServices, actor: CurrentActor, course: str) -> tuple[MyScore, ...]:
    """My own standing in every published problem set."""
    with services.database.reading() as session:
        return service.my_scores(session, actor, course)


@router.get("/gradebook")
def gradebook(
    services: CurrentServices, actor: CurrentActor, course: str, section: Section = None
) -> GradebookOut:
    """Every student's scores, or those of one section (staff)."""
    with services.database.reading() as session:
        return service.gradebook(session, actor, course, section=section)


@router.get(
    "/gradebook.csv",
    response_class=Response,
    responses={200: {"content": {"text/csv": {}}}, **DESCRIBED_BESIDE_OTHERS},
)
def gradebook_as_csv(
    services: CurrentServices, actor: CurrentActor, course: str, section: Section = None
) -> Response:
    """Every student's scores, for a spreadsheet (staff). It is noted who took them."""
    with services.database.writing() as session:
        book = service.export_gradebook(session, actor, course, section=section)
    disposition = 'attachment; filename="gradebook.csv"'
    return Response(
        gradebook_csv(book),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": disposition},
    )


@router.get("/psets/{pset}/mistakes")
def mistakes(
    services: CurrentServices, actor: CurrentActor, course: str, pset: str, section: Section = None
) -> MistakesOut:
    """Which mistakes students make, and which unnamed errors they share (staff)."""
    with services.database.reading() as session:
        return count(session, actor, course, pset, section=section)


@router.get("/psets/{pset}/students/{student}/history")
def grade_history(
    services: CurrentServices, actor: CurrentActor, course: str, pset: str, student: UserId
) -> tuple[GradeChangeOut, ...]:
    """How one student's grade came about (staff)."""
    with services.database.reading() as session:
        return service.grade_history(session, actor, course, pset, student)

"""What staff of a course open: the gradebook, a set's mistakes, and one student's submissions."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from starlette.responses import HTMLResponse, Response

from api.access import Action, can, enter_course, find_person
from api.courses.service import describe_pset
from api.database import now
from api.dependencies import CurrentServices, UserId
from api.errors import NotFoundError
from api.gradebook.mistakes import mistakes
from api.gradebook.service import export_gradebook, gradebook
from api.gradebook.spreadsheet import gradebook_csv
from api.submissions.service import list_submissions
from api.web.rendering import render
from api.web.views.gradebook import gradebook_view, student_view
from api.web.views.mistakes import mistakes_view
from api.web.visitors import CurrentVisitor

__all__ = ["router"]

router = APIRouter(prefix="/courses/{course}")

_MOST_SUBMISSIONS = 1000


@router.get("/gradebook")
def show_gradebook(
    services: CurrentServices,
    visitor: CurrentVisitor,
    course: str,
    sort: str = "",
    order: Literal["ascending", "descending"] = "ascending",
    section: Annotated[str, Query(max_length=50)] = "",
) -> Response:
    """Every student's score in every set, or one section's."""
    with services.database.reading() as session:
        found = enter_course(session, visitor.actor, course, Action.SEE_EVERYBODYS_WORK)
        book = gradebook(session, visitor.actor, course, section=section or None)
        view = gradebook_view(
            book,
            course=found.name,
            course_title=found.title,
            sort=sort,
            descending=order == "descending",
            section=section,
            audit=can(session, visitor.actor, found, Action.SEE_AUDIT),
        )
    return HTMLResponse(render("gradebook.html", reader=visitor.reader, page=view))


@router.get("/gradebook.csv")
def download_gradebook(
    services: CurrentServices,
    visitor: CurrentVisitor,
    course: str,
    section: Annotated[str, Query(max_length=50)] = "",
) -> Response:
    """The same as a file for spreadsheets."""
    with services.database.writing() as session:
        book = export_gradebook(session, visitor.actor, course, section=section or None)
        name = enter_course(session, visitor.actor, course, Action.SEE_EVERYBODYS_WORK).name
    return Response(
        gradebook_csv(book),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}-gradebook.csv"'},
    )


@router.get("/psets/{pset}/mistakes")
def show_mistakes(
    services: CurrentServices,
    visitor: CurrentVisitor,
    course: str,
    pset: str,
    section: Annotated[str, Query(max_length=50)] = "",
) -> Response:
    """Which mistakes students make in a set, and which unnamed errors they share."""
    with services.database.reading() as session:
        found = enter_course(session, visitor.actor, course, Action.SEE_EVERYBODYS_WORK)
        counted = mistakes(session, visitor.actor, course, pset, section=section or None)
        published = describe_pset(session, visitor.actor, course, pset)
        view = mistakes_view(counted, published, course=found.name, course_title=found.title, section=section)
    return HTMLResponse(render("mistakes.html", reader=visitor.reader, page=view))


@router.get("/students/{student}")
def show_student(
    services: CurrentServices, visitor: CurrentVisitor, course: str, student: UserId
) -> Response:
    """Everything one student handed in."""
    with services.database.reading() as session:
        found = enter_course(session, visitor.actor, course, Action.SEE_EVERYBODYS_WORK)
        find_person(session, visitor.actor, found, student)
        book = gradebook(session, visitor.actor, course)
        submissions = list_submissions(
            session, visitor.actor, course, student=student, limit=_MOST_SUBMISSIONS
        )
    row = next((row for row in book.rows if row.student.id == student), None)
    if row is None and not submissions:
        msg = "There is no such student in this course. The gradebook lists them."
        raise NotFoundError(msg)
    view = student_view(row, book.psets, submissions, course=found.name, course_title=found.title, now=now())
    return HTMLResponse(render("student.html", reader=visitor.reader, page=view))

"""One problem set: its page, its handouts, and the form that hands it in."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated
from uuid import UUID, uuid4, uuid5

from fastapi import APIRouter, File, Form, UploadFile
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.access import Action, Actor, enter_course, role_in
from api.accounts.schemas import EnrolmentOut
from api.courses.schemas import PsetOut
from api.courses.service import describe_pset, read_handout
from api.database import now
from api.dependencies import CurrentServices
from api.errors import ApiError, NotFoundError
from api.gradebook.service import my_scores
from api.roles import Role
from api.services import Services
from api.submissions.intake import accept_submission
from api.submissions.service import list_submissions
from api.submissions.uploads import MAX_FILES, UploadedFile
from api.web import addresses
from api.web.handouts import read_statements, to_html
from api.web.rendering import render
from api.web.views.student import HandoutView, set_view
from api.web.visitors import CurrentVisitor, FormFromHere, Visitor
from grader import submission_digest

__all__ = ["router"]

router = APIRouter(prefix="/courses/{course}/psets/{pset}")


@router.get("")
def show_set(services: CurrentServices, visitor: CurrentVisitor, course: str, pset: str) -> Response:
    """The page of one set."""
    return _set_page(services, visitor, course, pset)


@router.post(
    "/submissions",
    form_limits={"max_files": MAX_FILES, "max_fields": 8, "max_part_size": 4096},
)
def hand_in(
    services: CurrentServices,
    visitor: FormFromHere,
    course: str,
    pset: str,
    ticket: Annotated[UUID, Form()],
    files: Annotated[list[UploadFile] | None, File()] = None,
) -> Response:
    """Take a submission in and show it; or the set's page again, saying why not."""
    uploaded = [UploadedFile(file.filename, file.file.read()) for file in files or () if file.filename]
    content = submission_digest({file.name: file.content for file in uploaded})
    try:
        received = accept_submission(
            services,
            visitor.actor,
            course_name=course,
            pset_name=pset,
            files=uploaded,
            # Sending one form twice is one submission; other files from the same page are another.
            idempotency_key=str(uuid5(ticket, content)),
        )
    except NotFoundError:
        raise
    except ApiError as refusal:
        return _set_page(services, visitor, course, pset, refusal=refusal)
    return RedirectResponse(addresses.submission(received.id), HTTPStatus.SEE_OTHER)


@router.get("/handout.zip")
def download(services: CurrentServices, visitor: CurrentVisitor, course: str, pset: str) -> Response:
    """What a student starts from."""
    with services.database.reading() as session:
        found = read_handout(services, session, visitor.actor, course, pset)
    disposition = f'attachment; filename="{found.file_name}"'
    return Response(found.content, media_type="application/zip", headers={"Content-Disposition": disposition})


@router.get("/handouts/{problem}")
def show_handout(
    services: CurrentServices, visitor: CurrentVisitor, course: str, pset: str, problem: str
) -> Response:
    """The statement of one problem, to read."""
    with services.database.reading() as session:
        enrolment = _enrolment(session, visitor.actor, course)
        described = describe_pset(session, visitor.actor, course, pset)
        statement = _statements(services, session, visitor.actor, course, described).get(problem)
    title = next((each.title for each in described.problems if each.name == problem), problem)
    if statement is None:
        msg = "This problem has no handout to read here. It may be in the archive of the set."
        raise NotFoundError(msg)
    view = HandoutView(
        course_title=enrolment.title,
        set_title=described.title,
        set_href=addresses.pset(course, pset),
        title=title,
        body=to_html(statement),
    )
    return HTMLResponse(render("handout.html", reader=visitor.reader, page=view))


def _set_page(
    services: Services, visitor: Visitor, course: str, pset: str, *, refusal: ApiError | None = None
) -> Response:
    actor = visitor.actor
    with services.database.reading() as session:
        enrolment = _enrolment(session, actor, course)
        described = describe_pset(session, actor, course, pset)
        mine = next((each for each in my_scores(session, actor, course) if each.pset == pset), None)
        submissions = list_submissions(session, actor, course, pset=pset, student=actor.id)
        statements = _statements(services, session, actor, course, described)
    view = set_view(
        enrolment,
        described,
        mine,
        submissions,
        now=now(),
        ticket=str(uuid4()),
        handouts=frozenset(statements),
        problem=str(refusal) if refusal else "",
        staff=enrolment.role is not Role.STUDENT,
    )
    status = refusal.status if refusal else HTTPStatus.OK
    return HTMLResponse(render("set.html", reader=visitor.reader, page=view), status_code=status)


def _enrolment(session: Session, actor: Actor, name: str) -> EnrolmentOut:
    course = enter_course(session, actor, name, Action.SEE_COURSE)
    role = role_in(session, actor, course) or Role.STUDENT
    return EnrolmentOut(course=course.name, title=course.title, role=role)


def _statements(
    services: Services, session: Session, actor: Actor, course: str, pset: PsetOut
) -> dict[str, str]:
    archive = read_handout(services, session, actor, course, pset.name).content
    return read_statements(archive, tuple(problem.name for problem in pset.problems))

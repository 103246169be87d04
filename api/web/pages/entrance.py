"""The first page: log in, or your problem sets; and logging out."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Request
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.access import Actor
from api.accounts.logins import log_in_with_password, log_in_with_token
from api.accounts.schemas import EnrolmentOut
from api.accounts.service import describe_me, revoke_token
from api.courses.models import Course
from api.courses.service import list_psets
from api.database import now
from api.dependencies import CurrentServices
from api.errors import NotAuthenticatedError, TooManyError
from api.gradebook.service import my_scores
from api.refusals import headers_of
from api.roles import Role
from api.submissions.service import list_submissions
from api.web.rendering import render
from api.web.views.account import LoginProblem
from api.web.views.student import CourseView, HomeView, course_view
from api.web.visitors import (
    FormFromHere,
    client_of,
    forget,
    remember,
    require_same_origin,
    safe_next,
    visitor_of,
)

__all__ = ["router"]

router = APIRouter()


@router.get("/")
def first_page(request: Request, services: CurrentServices, next: str = "/") -> Response:  # noqa: A002
    """Everything of the reader's, or the form to log in with."""
    try:
        visitor = visitor_of(request)
    except NotAuthenticatedError:
        return HTMLResponse(render("login.html", reader=None, problem=None, email="", next=safe_next(next)))
    with services.database.reading() as session:
        courses = tuple(_course(session, visitor.actor, each) for each in _courses(session, visitor.actor))
    view = HomeView(courses, visitor.actor.is_admin)
    return HTMLResponse(render("home.html", reader=visitor.reader, page=view))


@router.post("/login")
def log_in(
    request: Request,
    services: CurrentServices,
    email: Annotated[str, Form(max_length=254)] = "",
    password: Annotated[str, Form(max_length=1000)] = "",
    token: Annotated[str, Form(max_length=10_000)] = "",
    next: Annotated[str, Form()] = "/",  # noqa: A002
) -> Response:
    """Begin a session, with an e-mail address and a password or with a token."""
    require_same_origin(request)
    client = client_of(request)
    try:
        if email or password:
            cookie = log_in_with_password(services, email, password, client)
        else:
            cookie = log_in_with_token(services, token.strip(), client)
    except (NotAuthenticatedError, TooManyError) as error:
        problem = LoginProblem(str(error), by_token=not (email or password))
        page = render("login.html", reader=None, problem=problem, email=email, next=safe_next(next))
        headers = headers_of(error) if isinstance(error, TooManyError) else None
        return HTMLResponse(page, status_code=error.status, headers=headers)
    response = RedirectResponse(safe_next(next), HTTPStatus.SEE_OTHER)
    remember(request, response, cookie)
    return response


@router.post("/logout")
def log_out(request: Request, services: CurrentServices, visitor: FormFromHere) -> Response:
    """End the session, here and in the database."""
    with services.database.writing() as session:
        revoke_token(session, visitor.session_token)
    response = RedirectResponse("/", HTTPStatus.SEE_OTHER)
    forget(request, response)
    return response


def _courses(session: Session, actor: Actor) -> tuple[EnrolmentOut, ...]:
    """The courses that the actor is in; for an admin also all others, where they act as instructor."""
    enrolled = describe_me(session, actor).enrolments
    if not actor.is_admin:
        return enrolled
    names = {enrolment.course for enrolment in enrolled}
    others = session.scalars(select(Course).where(Course.name.not_in(names)).order_by(Course.name))
    return (
        *enrolled,
        *(EnrolmentOut(course=each.name, title=each.title, role=Role.INSTRUCTOR) for each in others),
    )


def _course(session: Session, actor: Actor, enrolment: EnrolmentOut) -> CourseView:
    staff = enrolment.role.is_staff
    return course_view(
        enrolment,
        list_psets(session, actor, enrolment.course),
        () if staff else my_scores(session, actor, enrolment.course),
        () if staff else list_submissions(session, actor, enrolment.course),
        now(),
    )

"""What instructors open when grading needs a hand: the queue, what was given up and why, holds."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form
from pydantic import ValidationError
from sqlalchemy import select
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.access import Action, enter_course
from api.courses.models import PublishedPset
from api.database import now
from api.dependencies import CurrentServices
from api.errors import ApiError, InvalidRequestError
from api.operations.grading_routes import HoldId
from api.operations.grading_schemas import HoldIn, QuarantineIn
from api.operations.holds import hold_in_course, lift_hold
from api.operations.overview import course_operations
from api.operations.quarantine import lift_quarantine, place_in_quarantine
from api.services import Services
from api.web import addresses
from api.web.rendering import render
from api.web.views.operations import operations_view
from api.web.visitors import CurrentVisitor, FormFromHere, Visitor

__all__ = ["router"]

router = APIRouter()

_SAY_WHY = "Say why, in one line of at most 500 characters. Only staff read it."


@router.get("/courses/{course}/operations")
def show(services: CurrentServices, visitor: CurrentVisitor, course: str) -> Response:
    """How grading stands in a course."""
    return _page(services, visitor, course)


@router.post("/courses/{course}/holds")
def hold(
    services: CurrentServices,
    visitor: FormFromHere,
    course: str,
    reason: Annotated[str, Form()] = "",
    pset: Annotated[str, Form()] = "",
    student: Annotated[str, Form()] = "",
) -> Response:
    """Hold grading back; or the page again, saying why not."""
    try:
        wanted = _checked_hold(reason, pset, student)
        with services.database.writing() as session:
            hold_in_course(session, visitor.actor, course, wanted)
    except ApiError as refusal:
        return _page(services, visitor, course, refusal=refusal)
    return RedirectResponse(addresses.operations(course), HTTPStatus.SEE_OTHER)


@router.post("/courses/{course}/holds/{hold}/lift")
def lift(services: CurrentServices, visitor: FormFromHere, course: str, hold: HoldId) -> Response:
    """Let grading go on."""
    with services.database.writing() as session:
        lift_hold(session, visitor.actor, hold)
    return RedirectResponse(addresses.operations(course), HTTPStatus.SEE_OTHER)


@router.post("/submissions/{submission}/quarantine")
def quarantine(
    services: CurrentServices, visitor: FormFromHere, submission: str, reason: Annotated[str, Form()] = ""
) -> Response:
    """Set a submission aside."""
    try:
        why = QuarantineIn(reason=reason).reason
    except ValidationError as error:
        raise InvalidRequestError(_SAY_WHY) from error
    with services.database.writing() as session:
        place_in_quarantine(session, visitor.actor, submission, why)
    return RedirectResponse(addresses.submission(submission), HTTPStatus.SEE_OTHER)


@router.post("/submissions/{submission}/quarantine/lift")
def release(services: CurrentServices, visitor: FormFromHere, submission: str) -> Response:
    """Treat a submission like any other again."""
    with services.database.writing() as session:
        lift_quarantine(session, visitor.actor, submission)
    return RedirectResponse(addresses.submission(submission), HTTPStatus.SEE_OTHER)


def _checked_hold(reason: str, pset: str, student: str) -> HoldIn:
    try:
        return HoldIn(reason=reason, pset=pset or None, student=student.strip() or None)
    except ValidationError as error:
        raise InvalidRequestError(_SAY_WHY) from error


def _page(services: Services, visitor: Visitor, course: str, *, refusal: ApiError | None = None) -> Response:
    with services.database.reading() as session:
        found = enter_course(session, visitor.actor, course, Action.RUN_GRADING)
        standing = course_operations(session, visitor.actor, course)
        psets = session.scalars(
            select(PublishedPset.name).where(PublishedPset.course_id == found.id).order_by(PublishedPset.name)
        ).all()
    view = operations_view(
        standing,
        course=found.name,
        course_title=found.title,
        psets=tuple(psets),
        is_admin=visitor.actor.is_admin,
        problem=str(refusal) if refusal else "",
        now=now(),
    )
    status = refusal.status if refusal else HTTPStatus.OK
    return HTMLResponse(render("operations.html", reader=visitor.reader, page=view), status_code=status)

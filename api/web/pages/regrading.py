"""Grading a set again: what was asked for, its preview, and the decision."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form
from pydantic import ValidationError
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.access import Action, can, enter_course, find_pset
from api.database import now
from api.dependencies import CurrentServices
from api.errors import ApiError, InvalidRequestError
from api.regrading.finding import list_regrades, show_regrade
from api.regrading.routes import RegradeId
from api.regrading.schemas import RegradeIn
from api.regrading.service import apply_regrade, discard_regrade, request_regrade
from api.services import Services
from api.web import addresses
from api.web.rendering import render
from api.web.views.regrading import preview_view, regrades_view
from api.web.visitors import CurrentVisitor, FormFromHere, Visitor

__all__ = ["router"]

router = APIRouter(prefix="/courses/{course}/psets/{pset}/regrades")

_SAY_WHY = "Say why, in one line of 3 to 400 characters. The students read it."


@router.get("")
def show_list(services: CurrentServices, visitor: CurrentVisitor, course: str, pset: str) -> Response:
    """A set's regrades."""
    return _list_page(services, visitor, course, pset)


@router.post("")
def ask(
    services: CurrentServices,
    visitor: FormFromHere,
    course: str,
    pset: str,
    kind: Annotated[str, Form()] = "replay",
    reason: Annotated[str, Form()] = "",
) -> Response:
    """Have all of a set graded again; or the page again, saying why not."""
    try:
        wanted = _checked(kind, reason)
        with services.database.writing() as session:
            made = request_regrade(session, visitor.actor, course, pset, wanted)
    except InvalidRequestError as refusal:
        return _list_page(services, visitor, course, pset, refusal=refusal)
    return RedirectResponse(addresses.regrade(course, pset, made.id), HTTPStatus.SEE_OTHER)


@router.get("/{regrade}")
def show_preview(
    services: CurrentServices, visitor: CurrentVisitor, course: str, pset: str, regrade: RegradeId
) -> Response:
    """One regrade with what it changes."""
    with services.database.reading() as session:
        detail = show_regrade(session, visitor.actor, course, pset, regrade)
        found = enter_course(session, visitor.actor, course, Action.SEE_EVERYBODYS_WORK)
        single = detail.regrade.counts.submissions == 1
        needed = Action.RETRY_GRADING if single else Action.REGRADE
        view = preview_view(
            detail,
            course_title=found.title,
            pset_title=find_pset(session, found, pset).package.title,
            may_decide=can(session, visitor.actor, found, needed),
            now=now(),
        )
    return HTMLResponse(render("regrade.html", reader=visitor.reader, page=view))


@router.post("/{regrade}/apply")
def apply(
    services: CurrentServices, visitor: FormFromHere, course: str, pset: str, regrade: RegradeId
) -> Response:
    """Let its reports count."""
    apply_regrade(services, visitor.actor, course, pset, regrade)
    return RedirectResponse(addresses.regrade(course, pset, regrade), HTTPStatus.SEE_OTHER)


@router.post("/{regrade}/discard")
def discard(
    services: CurrentServices, visitor: FormFromHere, course: str, pset: str, regrade: RegradeId
) -> Response:
    """Leave every grade as it is."""
    with services.database.writing() as session:
        discard_regrade(session, visitor.actor, course, pset, regrade)
    return RedirectResponse(addresses.regrade(course, pset, regrade), HTTPStatus.SEE_OTHER)


def _checked(kind: str, reason: str) -> RegradeIn:
    try:
        return RegradeIn.model_validate({"kind": kind, "reason": reason.strip()})
    except ValidationError as error:
        raise InvalidRequestError(_SAY_WHY) from error


def _list_page(
    services: Services, visitor: Visitor, course: str, pset: str, *, refusal: ApiError | None = None
) -> Response:
    with services.database.reading() as session:
        regrades = list_regrades(session, visitor.actor, course, pset)
        found = enter_course(session, visitor.actor, course, Action.SEE_EVERYBODYS_WORK)
        view = regrades_view(
            regrades,
            course=found.name,
            course_title=found.title,
            pset=pset,
            pset_title=find_pset(session, found, pset).package.title,
            may_ask=can(session, visitor.actor, found, Action.REGRADE),
            problem=str(refusal) if refusal else "",
            now=now(),
        )
    status = refusal.status if refusal else HTTPStatus.OK
    return HTMLResponse(render("regrades.html", reader=visitor.reader, page=view), status_code=status)

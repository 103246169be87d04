"""Letting a program in: its person enters the code it shows, sees who asks for what, and decides."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import HTMLResponse, Response

from api.accounts import devices
from api.database import now
from api.dependencies import CurrentServices
from api.errors import ApiError, NotFoundError, TooManyError
from api.limits import network_of
from api.proxies import client_address
from api.refusals import headers_of
from api.services import Services
from api.web import words
from api.web.rendering import render
from api.web.views.account import DeviceView, scope_choices
from api.web.visitors import CurrentVisitor, FormFromHere, Visitor

__all__ = ["router"]

router = APIRouter()

_APPROVED = "Done: the program is logged in as you. You can close this page and go back to your terminal."
_DENIED = "Denied: the program was not let in. If you did not start it, somebody may have sent you its code."


@router.get("/device")
def show(
    request: Request,
    services: CurrentServices,
    visitor: CurrentVisitor,
    code: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """The form for a code, or what the program with that code asks for."""
    if not code.strip():
        return _page(visitor, _asking())
    try:
        view = _waiting(request, services, visitor, code)
    except (NotFoundError, TooManyError) as refusal:
        return _refused(visitor, refusal)
    return _page(visitor, view)


@router.post("/device")
def decide(
    request: Request,
    services: CurrentServices,
    visitor: FormFromHere,
    code: Annotated[str, Form(max_length=40)] = "",
    answer: Annotated[Literal["approve", "deny"], Form()] = "deny",
) -> Response:
    """Let the program in, or turn it away."""
    try:
        with _Guess(request, services, visitor), services.database.writing() as session:
            (devices.approve if answer == "approve" else devices.deny)(session, visitor.actor, code)
    except (NotFoundError, TooManyError) as refusal:
        return _refused(visitor, refusal)
    done = _APPROVED if answer == "approve" else _DENIED
    return _page(visitor, _asking(done=done))


class _Guess:
    """Counts a code as a guess, for this person and this address, unless some program waits for it."""

    def __init__(self, request: Request, services: Services, visitor: Visitor) -> None:
        self._limit = services.limits.device_code
        self._keys = (f"person {visitor.actor.id}", network_of(client_address(request.scope)))

    def __enter__(self) -> None:
        for key in self._keys:
            self._limit.take(key)

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if not isinstance(error, NotFoundError):
            for key in self._keys:
                self._limit.give_back(key)


def _waiting(request: Request, services: Services, visitor: Visitor, code: str) -> DeviceView:
    with _Guess(request, services, visitor), services.database.writing() as session:
        login = devices.find_waiting(session, code)
        return DeviceView(
            code=f"{login.user_code[:4]}-{login.user_code[4:]}",
            program=login.label,
            address=login.address,
            asked=words.moment(login.created_at, now()),
            gets=scope_choices(devices.offered(session, visitor.actor, login)),
            lasts=words.plural(round(services.settings.login_days), "day"),
            problem="",
            done="",
        )


def _asking(*, problem: str = "", done: str = "") -> DeviceView:
    return DeviceView(
        code="", program="", address="", asked=None, gets=(), lasts="", problem=problem, done=done
    )


def _refused(visitor: Visitor, refusal: ApiError) -> Response:
    page = render("device.html", reader=visitor.reader, page=_asking(problem=str(refusal)))
    return HTMLResponse(page, status_code=refusal.status, headers=headers_of(refusal))


def _page(visitor: Visitor, view: DeviceView) -> Response:
    return HTMLResponse(render("device.html", reader=visitor.reader, page=view), HTTPStatus.OK)

"""One's own account: the password, the tokens, and where one is logged in."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Request
from sqlalchemy import select
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.access import is_staff_somewhere
from api.accounts.logins import change_password, follow_password_link
from api.accounts.models import User
from api.accounts.routes import TokenId
from api.accounts.schemas import Label
from api.accounts.tokens import create_token, end_sessions, list_tokens, revoke_own
from api.database import now
from api.dependencies import CurrentServices
from api.errors import ApiError, InvalidRequestError, NotAuthenticatedError, TooManyError
from api.refusals import headers_of
from api.roles import Scope
from api.services import Services
from api.web.rendering import render
from api.web.views.account import account_view
from api.web.visitors import (
    CurrentVisitor,
    FormFromHere,
    Visitor,
    client_of,
    forget,
    remember,
    require_same_origin,
)

__all__ = ["router"]

router = APIRouter()

_Secret = Annotated[str, Form(max_length=1000)]
_PASSWORD_SET = "Your password is set. Everywhere else you were logged in to these pages, you are logged out."  # noqa: S105
_DIFFERENT = "The two new passwords are different. Type the same one twice."


@router.get("/account")
def show_account(services: CurrentServices, visitor: CurrentVisitor) -> Response:
    """The page of one's account."""
    return _page(services, visitor)


@router.post("/account/password")
def set_password(
    services: CurrentServices,
    visitor: FormFromHere,
    new: _Secret = "",
    again: _Secret = "",
    current: _Secret = "",
) -> Response:
    """Set or change the password."""
    try:
        if new != again:
            raise InvalidRequestError(_DIFFERENT)
        change_password(services, visitor.actor, current=current, new=new)
    except ApiError as refusal:
        return _page(services, visitor, refusal=refusal)
    return _page(services, visitor, done=_PASSWORD_SET)


@router.post("/account/tokens")
def make_token(
    services: CurrentServices,
    visitor: FormFromHere,
    label: Annotated[Label, Form()],
    days: Annotated[float, Form(gt=0, le=3660)],
    scope: Annotated[list[Scope] | None, Form()] = None,
) -> Response:
    """Make a token and show it, this once."""
    try:
        with services.database.writing() as session:
            made = create_token(session, visitor.actor, label=label, scopes=scope or (), days=days)
    except ApiError as refusal:
        return _page(services, visitor, refusal=refusal)
    return _page(services, visitor, secret=made.token)


@router.post("/account/tokens/{token}/revoke")
def revoke(services: CurrentServices, visitor: FormFromHere, token: TokenId) -> Response:
    """End one token or session."""
    with services.database.writing() as session:
        revoke_own(session, visitor.actor, token)
    return RedirectResponse("/account", HTTPStatus.SEE_OTHER)


@router.post("/account/log-out-everywhere")
def log_out_everywhere(request: Request, services: CurrentServices, visitor: FormFromHere) -> Response:
    """End every session, this one too. Tokens of programs stay."""
    with services.database.writing() as session:
        end_sessions(session, visitor.actor.id)
    response = RedirectResponse("/", HTTPStatus.SEE_OTHER)
    forget(request, response)
    return response


@router.get("/password")
def show_password_link() -> Response:
    """Where a link to set a password leads. Its secret stands after the ``#``, so no server logs it."""
    return HTMLResponse(render("password.html", reader=None, problem="", secret=""))


@router.post("/password")
def follow_link(
    request: Request,
    services: CurrentServices,
    secret: _Secret = "",
    new: _Secret = "",
    again: _Secret = "",
) -> Response:
    """Set a password with such a link, and log in."""
    require_same_origin(request)
    try:
        if new != again:
            raise InvalidRequestError(_DIFFERENT)
        cookie = follow_password_link(services, secret.strip(), new, client_of(request))
    except (InvalidRequestError, NotAuthenticatedError, TooManyError) as error:
        # The link still works when only the password was refused.
        kept = secret if isinstance(error, InvalidRequestError) else ""
        page = render("password.html", reader=None, problem=str(error), secret=kept)
        headers = headers_of(error) if isinstance(error, TooManyError) else None
        return HTMLResponse(page, status_code=error.status, headers=headers)
    response = RedirectResponse("/account", HTTPStatus.SEE_OTHER)
    remember(request, response, cookie)
    return response


def _page(
    services: Services,
    visitor: Visitor,
    *,
    refusal: ApiError | None = None,
    secret: str = "",
    done: str = "",
) -> Response:
    actor = visitor.actor
    with services.database.reading() as session:
        view = account_view(
            name=actor.name,
            email=actor.email,
            has_password=session.scalar(select(User.password_hash).where(User.id == actor.id)) is not None,
            scopes=actor.scopes,
            is_staff=is_staff_somewhere(session, actor),
            is_admin=actor.is_admin,
            keys=list_tokens(session, actor),
            now=now(),
            secret=secret,
            problem="" if refusal is None else str(refusal),
            done=done,
        )
    return HTMLResponse(
        render("account.html", reader=visitor.reader, page=view),
        status_code=HTTPStatus.OK if refusal is None else refusal.status,
        headers=headers_of(refusal) if isinstance(refusal, TooManyError) else None,
    )

"""``/me``: who is asking, and their tokens; ``/people``: what staff do about somebody's log-in."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path

from api.access import find_account
from api.accounts import service, tokens
from api.accounts.schemas import EmailIn, LinkOut, Me, RevokedOut, TokenIn, TokenMade, TokenOut
from api.database import now
from api.dependencies import CurrentActor, CurrentServices

__all__ = ["TokenId", "router"]

router = APIRouter(tags=["accounts"])

TokenId = Annotated[int, Path(ge=1, le=2**31 - 1)]


@router.get("/me")
def me(services: CurrentServices, actor: CurrentActor) -> Me:
    """The person that the token belongs to, and their courses."""
    with services.database.reading() as session:
        return service.describe_me(session, actor)


@router.get("/me/tokens")
def list_tokens(services: CurrentServices, actor: CurrentActor) -> tuple[TokenOut, ...]:
    """My tokens, and where I am logged in to the pages."""
    with services.database.reading() as session:
        return tokens.list_tokens(session, actor)


@router.post("/me/tokens", status_code=HTTPStatus.CREATED)
def create_token(services: CurrentServices, actor: CurrentActor, wanted: TokenIn) -> TokenMade:
    """Make a token, no wider and no longer-lived than the one that asks. It is shown this once."""
    with services.database.writing() as session:
        return tokens.create_token(session, actor, label=wanted.label, scopes=wanted.scopes, days=wanted.days)


@router.delete("/me/tokens/{token}", status_code=HTTPStatus.NO_CONTENT)
def revoke_token(services: CurrentServices, actor: CurrentActor, token: TokenId) -> None:
    """End a token or a session of mine."""
    with services.database.writing() as session:
        tokens.revoke_own(session, actor, token)


@router.post("/people/revoke")
def revoke_anothers(services: CurrentServices, actor: CurrentActor, person: EmailIn) -> RevokedOut:
    """End every token and session of somebody (admins; instructors, for those of their courses)."""
    with services.database.writing() as session:
        return RevokedOut(ended=tokens.revoke_anothers(session, actor, person.email))


@router.post("/people/password-link", status_code=HTTPStatus.CREATED)
def password_link(services: CurrentServices, actor: CurrentActor, person: EmailIn) -> LinkOut:
    """Make a link with which somebody sets a password, once (admins; instructors, for those of their
    courses). Give it to them privately."""
    with services.database.writing() as session:
        found = find_account(session, actor, person.email)
        secret = tokens.password_link(session, actor, found)
        return LinkOut(
            email=found.email, path="/password", secret=secret, expires_at=now() + tokens.LINK_LIFETIME
        )

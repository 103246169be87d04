"""Who looks at a page: logging in, the session cookie, and forms that only our own pages can send.

A session is a token of its own, issued at log-in, with a short life: it stands in the database as
a hash like any other, is revoked at log-out, and ends with the account. The browser keeps it in a
cookie that no script can read. Every form carries a proof made from it.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from typing import Annotated

from fastapi import Depends, Form, Request
from sqlalchemy import delete
from sqlalchemy.orm import Session
from starlette.responses import Response

from api.access import Actor
from api.accounts.models import Token
from api.accounts.service import authenticate, issue_token
from api.database import now
from api.dependencies import current_services
from api.errors import NotAllowedError, NotAuthenticatedError
from api.web.rendering import Reader

__all__ = [
    "CurrentVisitor",
    "FormFromHere",
    "Visitor",
    "log_in",
    "remember",
    "require_same_origin",
    "safe_next",
    "visitor_of",
]

COOKIE = "gradecli_session"
LIFETIME = timedelta(days=7)
_LABEL = "web page"
_OWN_PATH = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]*")


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who is logged in, and the session they are logged in with."""

    actor: Actor
    session_token: str = field(repr=False)

    @property
    def csrf(self) -> str:
        """What a form must carry: only a page made for this session can know it."""
        return hmac.digest(self.session_token.encode(), b"gradecli form", sha256).hex()

    @property
    def reader(self) -> Reader:
        return Reader(name=self.actor.name, csrf=self.csrf)


def visitor_of(request: Request) -> Visitor:
    """Who sent this request.

    Raises:
        NotAuthenticatedError: nobody is logged in, or not any more.
    """
    token = request.cookies.get(COOKIE, "")
    if not token:
        raise NotAuthenticatedError
    with current_services(request).database.reading() as session:
        return Visitor(authenticate(session, token), token)


CurrentVisitor = Annotated[Visitor, Depends(visitor_of)]


def log_in(session: Session, token: str) -> str:
    """A new session for whoever ``token`` belongs to; their sessions that have run out are swept away.

    Raises:
        NotAuthenticatedError: it is nobody's.
    """
    actor = authenticate(session, token)
    session.execute(
        delete(Token).where(Token.user_id == actor.id, Token.label == _LABEL, Token.expires_at <= now())
    )
    return issue_token(session, actor.id, label=_LABEL, lifetime=LIFETIME)


def remember(response: Response, session_token: str, *, secure: bool) -> None:
    """Have the browser keep the session; an empty one is forgotten.

    Lax, not Strict: a link in an e-mail opens the page it names. Every form is guarded by more.
    """
    response.set_cookie(
        COOKIE,
        session_token,
        max_age=int(LIFETIME.total_seconds()) if session_token else 0,
        httponly=True,
        samesite="lax",
        secure=secure,
    )


def require_same_origin(request: Request) -> None:
    """Refuse a form that another site sent, wherever the browser says so.

    Raises:
        NotAllowedError: it came from elsewhere.
    """
    site = request.headers.get("sec-fetch-site", "same-origin")
    origin = request.headers.get("origin", "null")
    own = f"{request.url.scheme}://{request.url.netloc}"
    # Our pages send no referrer, and then browsers write "null" as the origin of their forms.
    if site not in {"same-origin", "none"} or (
        "sec-fetch-site" not in request.headers and origin not in {own, "null"}
    ):
        msg = "This form was sent by another site. Open the page here and send it again."
        raise NotAllowedError(msg)


def _form_from_here(
    request: Request, visitor: CurrentVisitor, csrf: Annotated[str, Form(max_length=200)] = ""
) -> Visitor:
    """The visitor, once it is certain that they sent the form from a page made for them."""
    require_same_origin(request)
    if not hmac.compare_digest(csrf.encode(), visitor.csrf.encode()):
        msg = "This form is from before you logged in. Load the page again and repeat what you did."
        raise NotAllowedError(msg)
    return visitor


FormFromHere = Annotated[Visitor, Depends(_form_from_here)]
"""For every route that changes something: the visitor, and a form that is their own."""


def safe_next(path: str) -> str:
    """``path`` if it is an address on this server, else the first page."""
    return path if _OWN_PATH.fullmatch(path) else "/"

"""Who looks at a page: the session cookie, and forms that only our own pages can send.

A session is a token of its own kind, issued at log-in: it stands in the database as a hash like any
other, ends when it is idle or old, at log-out, and with a new password. The browser keeps it in a
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
from starlette.responses import Response

from api.access import Actor
from api.accounts.logins import Client, session_actor
from api.dependencies import current_services
from api.errors import NotAllowedError, NotAuthenticatedError
from api.proxies import client_address
from api.web.rendering import Reader

__all__ = [
    "COOKIE",
    "SECURE_COOKIE",
    "CurrentVisitor",
    "FormFromHere",
    "Visitor",
    "client_of",
    "forget",
    "remember",
    "require_same_origin",
    "safe_next",
    "visitor_of",
]

COOKIE = "gradecli_session"
SECURE_COOKIE = f"__Host-{COOKIE}"
"""Its name over https. Browsers take a cookie of such a name from this very host alone, and only over
https, so neither a neighbour's page nor somebody on the network can plant one."""

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
        TooManyError: they ask too often.
    """
    token = request.cookies.get(_cookie_name(request), "")
    if not token:
        raise NotAuthenticatedError
    services = current_services(request)
    visitor = Visitor(session_actor(services, token), token)
    services.limits.requests.take(str(visitor.actor.id))
    return visitor


CurrentVisitor = Annotated[Visitor, Depends(visitor_of)]


def client_of(request: Request) -> Client:
    """Where a request comes from, as far as one can tell."""
    return Client(client_address(request.scope), request.headers.get("user-agent", ""))


def _cookie_name(request: Request) -> str:
    return SECURE_COOKIE if request.url.scheme == "https" else COOKIE


def remember(request: Request, response: Response, session_token: str) -> None:
    """Have the browser keep the session.

    Lax, not Strict: a link in an e-mail opens the page it names. Every form is guarded by more.
    """
    _set_cookie(request, response, session_token)


def forget(request: Request, response: Response) -> None:
    """Have the browser forget the session."""
    _set_cookie(request, response, "")


def _set_cookie(request: Request, response: Response, value: str) -> None:
    lifetime = timedelta(hours=current_services(request).settings.session_hours)
    response.set_cookie(
        _cookie_name(request),
        value,
        max_age=int(lifetime.total_seconds()) if value else 0,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
        path="/",
    )


def require_same_origin(request: Request) -> None:
    """Refuse a form that another site sent.

    Browsers say where a form comes from, in one of two headers. A request with neither is no
    browser's, and brings no cookie that its sender does not know.

    Raises:
        NotAllowedError: it came from elsewhere, or from a page that hides where it is from.
    """
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    own = f"{request.url.scheme}://{request.url.netloc}"
    from_here = site == "same-origin" if site is not None else origin in {None, own}
    if not from_here:
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

"""What the course service can be asked about log-ins: tokens, passwords, the audit trail, and letting
this program in without a token yet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated
from urllib.parse import quote, urlencode

from pydantic import Field

from gradecli.client import CourseService
from gradecli.home import Home
from gradecli.payloads import Answer, Id, Moment

__all__ = [
    "AccountService",
    "Deed",
    "DeviceAnswer",
    "DeviceCode",
    "Link",
    "NewToken",
    "Token",
    "Trail",
    "open_account",
]


class Token(Answer):
    """A token or a session of one's own, without its secret."""

    id: Id
    kind: str
    label: str
    scopes: tuple[str, ...]
    created_at: Moment
    expires_at: Moment | None
    last_used_at: Moment | None
    is_this: bool


class NewToken(Token):
    token: str = Field(repr=False)


class _Revoked(Answer):
    ended: int


class Link(Answer):
    """What sets a password, once: ``path`` below the server's address, then ``#`` and ``secret``."""

    email: str
    path: str
    secret: str = Field(repr=False)
    expires_at: Moment


class Deed(Answer):
    """One entry of the audit trail."""

    at: Moment
    by: str | None
    action: str
    course: str | None
    subject: str
    detail: dict[str, object]


class Trail(Answer):
    entries: tuple[Deed, ...]
    older: int | None


class DeviceCode(Answer):
    """The short code to show, the long one to wait with, and how often to ask, in seconds."""

    device_code: str = Field(repr=False)
    user_code: str
    expires_in: Annotated[float, Field(gt=0, le=3600)]
    interval: Annotated[float, Field(ge=0, le=60)]


class DeviceAnswer(Answer):
    token: str = Field(repr=False)


class AccountService(CourseService):
    """A session with one server about log-ins."""

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self._sleep(seconds)

    def ask_device(self, client: str, scopes: Sequence[str]) -> DeviceCode:
        """Ask to be let in by a person at their browser."""
        body = {"client": client, "scope": " ".join(scopes)}
        return self._read(self._send("POST", "/device/code", json=body), DeviceCode)

    def collect(self, device_code: str) -> DeviceAnswer:
        """The token, once the person has approved; until then a refusal with RFC 8628's code."""
        content = self._send("POST", "/device/token", json={"device_code": device_code})
        return self._read(content, DeviceAnswer)

    def tokens(self) -> tuple[Token, ...]:
        return self._get("/me/tokens", tuple[Token, ...])

    def create_token(self, label: str, scopes: Sequence[str], days: float | None) -> NewToken:
        body = {"label": label, "scopes": list(scopes), "days": days}
        return self._read(self._send("POST", "/me/tokens", json=body), NewToken)

    def revoke_token(self, token_id: str) -> None:
        self._send("DELETE", f"/me/tokens/{int(token_id)}")

    def revoke_person(self, email: str) -> int:
        """End every token and session of somebody; how many there were."""
        return self._read(self._send("POST", "/people/revoke", json={"email": email}), _Revoked).ended

    def password_link(self, email: str) -> Link:
        return self._read(self._send("POST", "/people/password-link", json={"email": email}), Link)

    def trail(self, course: str | None, *, action: str, by: str, limit: int) -> Trail:
        """What staff did in a course; ``None``: everywhere."""
        asked = {"action": action, "by": by, "limit": limit}
        query = urlencode({name: value for name, value in asked.items() if value})
        path = "/audit" if course is None else f"/courses/{quote(course, safe='')}/audit"
        return self._get(f"{path}?{query}", Trail)


@contextmanager
def open_account() -> Iterator[AccountService]:
    """Connect as the person who is logged in here.

    Raises:
        NotLoggedInError: nobody is, or the server no longer accepts their token.
        UnreachableError: the server does not answer.
    """
    credentials = Home().credentials()
    with AccountService(credentials.url, credentials.token) as service:
        yield service

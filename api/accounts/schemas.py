"""Who is asking, and what they log in with, as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from api.accounts.models import TokenKind
from api.roles import Role, Scope
from api.schemas import Payload

__all__ = [
    "DeviceCodeIn",
    "DeviceCodeOut",
    "DevicePollIn",
    "DeviceTokenOut",
    "EmailIn",
    "EnrolmentOut",
    "LinkOut",
    "Me",
    "PersonOut",
    "RevokedOut",
    "TokenIn",
    "TokenMade",
    "TokenOut",
]

Label = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")]


class EnrolmentOut(Payload):
    """One course that a person belongs to; ``course`` is its short name. ``section``: a student's
    part of it, or the only one that a grader sees."""

    course: str
    title: str
    role: Role
    section: str | None = None


class Me(Payload):
    """The person that a token belongs to, and what it may be used for. Admins may act in courses that
    are not listed; ``is_admin`` needs the scope ``admin`` too."""

    id: int
    name: str
    email: str
    is_admin: bool
    scopes: tuple[Scope, ...]
    enrolments: tuple[EnrolmentOut, ...]


class PersonOut(Payload):
    """A person as staff of a course see them; to students, only ``id`` and ``name`` of themselves."""

    id: int
    name: str
    email: str


class TokenIn(Payload):
    """A token to make: ``label`` says what it is for, ``days`` when it ends (``null``: with the token
    it is made with, or never)."""

    label: Label
    scopes: tuple[Scope, ...]
    days: Annotated[float, Field(gt=0, le=3660)] | None = None


class TokenOut(Payload):
    """A token or a session, without its secret. ``is_this``: it is the one that asks."""

    id: int
    kind: TokenKind
    label: str
    scopes: tuple[Scope, ...]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    is_this: bool


class TokenMade(TokenOut):
    """A new token; ``token`` is shown this once."""

    token: str


class EmailIn(Payload):
    email: Annotated[str, Field(min_length=3, max_length=254)]


class RevokedOut(Payload):
    """How many tokens and sessions were ended."""

    ended: int


class LinkOut(Payload):
    """What to give a person so that they set a password: the address ``path`` below the service's own,
    with ``secret`` after a ``#``. It works once, until ``expires_at``."""

    email: str
    path: str
    secret: str
    expires_at: datetime


class DeviceCodeIn(Payload):
    """What a program asks for: ``client`` is what it calls itself, ``scope`` words separated by blanks."""

    client: Label
    scope: Annotated[str, Field(max_length=100)] = "read submit"


class DeviceCodeOut(Payload):
    """RFC 8628, section 3.2: what to show, where to send the person, and how often to ask."""

    device_code: str
    user_code: str
    verification_uri: str
    verification_uri_complete: str
    expires_in: int
    interval: int


class DevicePollIn(Payload):
    device_code: Annotated[str, Field(min_length=1, max_length=200)]


class DeviceTokenOut(Payload):
    """The token that a program waited for, shown this once."""

    token: str
    scopes: tuple[Scope, ...]
    expires_at: datetime

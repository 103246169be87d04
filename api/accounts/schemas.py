"""Who is asking, as JSON."""

from __future__ import annotations

from api.roles import Role
from api.schemas import Payload

__all__ = ["EnrolmentOut", "Me", "PersonOut"]


class EnrolmentOut(Payload):
    """One course that a person belongs to; ``course`` is its short name."""

    course: str
    title: str
    role: Role


class Me(Payload):
    """The person that a token belongs to. Admins may act in courses that are not listed."""

    id: int
    name: str
    email: str
    is_admin: bool
    enrolments: tuple[EnrolmentOut, ...]


class PersonOut(Payload):
    """A person as staff of a course see them; to students, only ``id`` and ``name`` of themselves."""

    id: int
    name: str
    email: str

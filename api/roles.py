"""What a person is in a course, and what a token may be used for."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["EVERY_SCOPE", "Role", "Scope"]


class Role(StrEnum):
    """A person's role in one course. ``admin`` is not a role: it is a flag on the user."""

    STUDENT = "student"
    GRADER = "grader"
    INSTRUCTOR = "instructor"

    @property
    def is_staff(self) -> bool:
        return self is not Role.STUDENT


class Scope(StrEnum):
    """What a token may be used for. It only narrows: the person's role decides what there is.

    ``read``: look at what the person may see. ``submit``: hand in. ``staff``: be staff where the
    person is. ``admin``: be an administrator if the person is one.
    """

    READ = "read"
    SUBMIT = "submit"
    STAFF = "staff"
    ADMIN = "admin"


EVERY_SCOPE = frozenset(Scope)

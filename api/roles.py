"""What a person is in a course."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Role"]


class Role(StrEnum):
    """A person's role in one course. ``admin`` is not a role: it is a flag on the user."""

    STUDENT = "student"
    GRADER = "grader"
    INSTRUCTOR = "instructor"

    @property
    def is_staff(self) -> bool:
        return self is not Role.STUDENT

"""Courses, their published problem sets and their roster, as JSON."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, Field

from api.roles import Role
from api.schemas import Payload

__all__ = [
    "CourseChange",
    "CourseIn",
    "CourseOut",
    "ProblemOut",
    "PsetOut",
    "PublishIn",
    "RosterAdded",
    "RosterPerson",
    "RosterRejected",
    "RosterResult",
]

ShortName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,39}$")]
"""What appears in addresses and commands: ``dl-2026``, ``pset1``."""

_EARLIEST_YEAR = 2000
_LATEST_YEAR = 2999

Title = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]


class CourseIn(Payload):
    name: ShortName
    title: Title


class CourseOut(Payload):
    """A course. ``supersede_queued``: a student's new attempt replaces their waiting one."""

    name: str
    title: str
    supersede_queued: bool = False


class CourseChange(Payload):
    """What to change about a course; what is left out stays."""

    supersede_queued: bool | None = None


def _in_utc(moment: datetime) -> datetime:
    """The same moment in UTC, if it is one that a course can mean."""
    if not _EARLIEST_YEAR <= moment.year <= _LATEST_YEAR:
        msg = f"the year must be from {_EARLIEST_YEAR} to {_LATEST_YEAR}"
        raise ValueError(msg)
    return moment.astimezone(UTC)


class PublishIn(Payload):
    """When a problem set is due, with its time zone; ``null``: it stays open."""

    due_at: Annotated[AwareDatetime, AfterValidator(_in_utc)] | None = None


class ProblemOut(Payload):
    """One problem of a set. A submission's file for it is called ``<name>.py``."""

    name: str
    title: str
    points: float


class PsetOut(Payload):
    """A published problem set as the person asking sees it.

    ``digest`` names the exact version that new submissions are graded by; ``my_score`` is the
    asker's own, ``null`` until something of theirs was graded.
    """

    name: str
    title: str
    digest: str
    due_at: datetime | None
    max_score: float
    published_at: datetime
    accepting: bool
    problems: tuple[ProblemOut, ...]
    my_score: float | None


class RosterPerson(Payload):
    """``section``: a student's part of the course, or the only one that a grader sees."""

    name: str
    email: str
    role: Role
    section: str | None = None


class RosterAdded(RosterPerson):
    """Somebody newly enrolled.

    ``token`` is shown this once; ``null`` when the person already had an account, whose token
    they keep.
    """

    token: str | None


class RosterRejected(Payload):
    """A line of the file that was not imported, counted from 1, and why."""

    line: int
    reason: str


class RosterResult(Payload):
    """What an import did. ``changed`` are people whose role or section is now another."""

    added: tuple[RosterAdded, ...]
    changed: tuple[RosterPerson, ...]
    unchanged: tuple[RosterPerson, ...]
    rejected: tuple[RosterRejected, ...]

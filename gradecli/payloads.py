"""What the course service answers, as this client reads it.

These models are the client's own: they name the fields that commands use and pass over any
others, so that a newer server does not break an older client. Every text in them is
untrusted until ``gradecli.terminal`` has printed it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict

__all__ = [
    "Check",
    "CheckEvent",
    "Course",
    "Enrolment",
    "ErrorBody",
    "Gradebook",
    "GradebookCell",
    "GradebookRow",
    "IncidentEvent",
    "Me",
    "MyScore",
    "ProblemOfPset",
    "ProblemReport",
    "Pset",
    "Received",
    "Report",
    "ReportEvent",
    "RosterResult",
    "StateEvent",
    "Submission",
    "SubmissionEvent",
]

Id = Annotated[str, BeforeValidator(lambda value: str(value) if isinstance(value, int) else value)]
"""An identifier; whether the server counts or draws them is its own affair."""

Moment = Annotated[datetime, AfterValidator(lambda at: at if at.tzinfo else at.replace(tzinfo=UTC))]
"""A point in time, with its zone; one that came without is UTC."""


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class _ErrorDetail(_Answer):
    code: str
    message: str


class ErrorBody(_Answer):
    error: _ErrorDetail


class Enrolment(_Answer):
    course: str
    title: str
    role: str


class Me(_Answer):
    id: Id
    name: str
    email: str
    is_admin: bool
    enrolments: tuple[Enrolment, ...]


class Course(_Answer):
    name: str
    title: str


class ProblemOfPset(_Answer):
    name: str
    title: str
    points: float


class Pset(_Answer):
    """A published problem set, with the asker's own score so far."""

    name: str
    title: str
    due_at: Moment | None
    max_score: float
    accepting: bool
    problems: tuple[ProblemOfPset, ...]
    my_score: float | None


class Received(_Answer):
    """The server's word that it has a submission. ``receipt`` is signed by it."""

    id: Id
    pset: str
    attempt: int
    digest: str
    received_at: Moment
    state: str
    receipt: str


class Person(_Answer):
    id: Id
    name: str
    email: str = ""


class Submission(_Answer):
    id: Id
    course: str
    pset: str
    student: Person
    attempt: int
    received_at: Moment
    state: str
    score: float | None
    max_score: float
    queue_position: int | None = None


class MyScore(_Answer):
    pset: str
    title: str
    due_at: Moment | None
    score: float | None
    max_score: float
    attempts: int
    best_submission_id: Id | None


class Check(_Answer):
    """One check of a report. ``verdict`` stays text: a newer server may know more of them."""

    name: str
    title: str
    visibility: str
    verdict: str
    score: float
    max_score: float
    message: str = ""
    detail: str = ""
    printed: str = ""
    instance: int | None = None


class ProblemReport(_Answer):
    name: str
    title: str
    score: float
    max_score: float
    message: str = ""
    checks: tuple[Check, ...]


class Environment(_Answer):
    backend: str = ""
    versions: dict[str, str] = {}
    not_enforced: tuple[str, ...] = ()


class Report(_Answer):
    """A grade report; the same shape whether the server made it or this machine did."""

    pset: str
    title: str
    score: float
    max_score: float
    problems: tuple[ProblemReport, ...]
    environment: Environment = Environment()


class StateEvent(_Answer):
    """Where a submission is. ``queued`` after ``running``: grading starts over."""

    state: str
    queue_position: int | None = None
    problem: str | None = None
    index: int | None = None
    total: int | None = None
    message: str = ""


class CheckEvent(_Answer):
    """One check ended; ``index`` (from 1) of ``total``."""

    problem: str
    index: int
    total: int
    check: Check


class ReportEvent(_Answer):
    """The end of the stream: the submission is graded."""

    report: Report


class IncidentEvent(_Answer):
    """The end of the stream: the platform could not grade the submission."""

    message: str


SubmissionEvent = StateEvent | CheckEvent | ReportEvent | IncidentEvent


class RosterPerson(_Answer):
    name: str
    email: str
    role: str
    token: str | None = None


class RosterRejected(_Answer):
    line: int
    reason: str


class RosterResult(_Answer):
    added: tuple[RosterPerson, ...] = ()
    changed: tuple[RosterPerson, ...] = ()
    unchanged: tuple[RosterPerson, ...] = ()
    rejected: tuple[RosterRejected, ...] = ()


class GradebookPset(_Answer):
    name: str
    title: str
    max_score: float


class GradebookCell(_Answer):
    score: float | None
    submission_id: Id | None
    attempts: int


class GradebookRow(_Answer):
    student: Person
    scores: dict[str, GradebookCell | None]
    total: float


class Gradebook(_Answer):
    psets: tuple[GradebookPset, ...]
    rows: tuple[GradebookRow, ...]

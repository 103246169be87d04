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
    "NOT_GRADED",
    "Answer",
    "Check",
    "CheckEvent",
    "Counterexample",
    "Course",
    "Diagnosis",
    "Enrolment",
    "ErrorBody",
    "Failure",
    "Gradebook",
    "GradebookCell",
    "GradebookRow",
    "Hold",
    "IncidentEvent",
    "Me",
    "MyScore",
    "Operations",
    "Outage",
    "ProblemOfPset",
    "ProblemReport",
    "Pset",
    "QueuedJob",
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


class Answer(BaseModel):
    """What a server answers: fields that are not known here are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class _ErrorDetail(Answer):
    code: str
    message: str


class ErrorBody(Answer):
    error: _ErrorDetail


class Enrolment(Answer):
    course: str
    title: str
    role: str


class Me(Answer):
    id: Id
    name: str
    email: str
    is_admin: bool
    enrolments: tuple[Enrolment, ...]


class Course(Answer):
    name: str
    title: str
    supersede_queued: bool = False


class ProblemOfPset(Answer):
    name: str
    title: str
    points: float


class Pset(Answer):
    """A published problem set, with the asker's own score so far."""

    name: str
    title: str
    due_at: Moment | None
    max_score: float
    accepting: bool
    problems: tuple[ProblemOfPset, ...]
    my_score: float | None


class Received(Answer):
    """The server's word that it has a submission. ``receipt`` is signed by it."""

    id: Id
    pset: str
    attempt: int
    digest: str
    received_at: Moment
    state: str
    receipt: str


class Person(Answer):
    id: Id
    name: str
    email: str = ""


class Submission(Answer):
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


class MyScore(Answer):
    pset: str
    title: str
    due_at: Moment | None
    score: float | None
    max_score: float
    attempts: int
    best_submission_id: Id | None


class Diagnosis(Answer):
    """The known mistake that an answer makes, in a sentence for its student."""

    mistake: str
    sentence: str


class Counterexample(Answer):
    """A small failing example: lines to paste beside the student's file, and both answers."""

    code: str
    got: str
    right: str


class Check(Answer):
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
    diagnosis: Diagnosis | None = None
    counterexample: Counterexample | None = None


class Flag(Answer):
    """A forbidden name that the code called under another while it ran. Only staff are sent any."""

    name: str
    calls: int


class ProblemReport(Answer):
    name: str
    title: str
    score: float
    max_score: float
    message: str = ""
    checks: tuple[Check, ...]
    flags: tuple[Flag, ...] = ()


class Environment(Answer):
    backend: str = ""
    versions: dict[str, str] = {}
    not_enforced: tuple[str, ...] = ()


class Report(Answer):
    """A grade report; the same shape whether the server made it or this machine did."""

    pset: str
    title: str
    score: float
    max_score: float
    problems: tuple[ProblemReport, ...]
    environment: Environment = Environment()


NOT_GRADED = frozenset({"superseded", "quarantined"})
"""States in which a submission stays, ungraded."""


class StateEvent(Answer):
    """Where a submission is. ``queued`` after ``running``: grading starts over."""

    state: str
    queue_position: int | None = None
    problem: str | None = None
    index: int | None = None
    total: int | None = None
    message: str = ""

    @property
    def is_final(self) -> bool:
        """Whether grading does not go on from here."""
        return self.state in NOT_GRADED


class CheckEvent(Answer):
    """One check ended; ``index`` (from 1) of ``total``."""

    problem: str
    index: int
    total: int
    check: Check


class ReportEvent(Answer):
    """The end of the stream: the submission is graded."""

    report: Report


class IncidentEvent(Answer):
    """The end of the stream: the platform could not grade the submission."""

    message: str


SubmissionEvent = StateEvent | CheckEvent | ReportEvent | IncidentEvent


class RosterPerson(Answer):
    name: str
    email: str
    role: str
    token: str | None = None


class RosterRejected(Answer):
    line: int
    reason: str


class RosterResult(Answer):
    added: tuple[RosterPerson, ...] = ()
    changed: tuple[RosterPerson, ...] = ()
    unchanged: tuple[RosterPerson, ...] = ()
    rejected: tuple[RosterRejected, ...] = ()


class GradebookPset(Answer):
    name: str
    title: str
    max_score: float


class GradebookCell(Answer):
    score: float | None
    submission_id: Id | None
    attempts: int


class GradebookRow(Answer):
    student: Person
    section: str | None = None
    scores: dict[str, GradebookCell | None]
    total: float


class Gradebook(Answer):
    psets: tuple[GradebookPset, ...]
    rows: tuple[GradebookRow, ...]


class Hold(Answer):
    """Something whose grading staff hold back. ``scope`` stays text, as a verdict does."""

    id: int
    scope: str
    course: str | None
    pset: str | None
    student: str | None
    reason: str
    placed_by: str
    placed_at: Moment


class Failure(Answer):
    at: Moment
    worker: str
    detail: str


class QueuedJob(Answer):
    """A submission in the queue, with the evidence of its failed tries."""

    submission: Id
    pset: str
    student: str
    attempt: int
    state: str
    received_at: Moment
    started_at: Moment | None = None
    worker: str | None = None
    failures: tuple[Failure, ...] = ()


class Outage(Answer):
    """What grading needs is away."""

    since: Moment
    submissions: int
    detail: str


class Operations(Answer):
    """How grading stands in a course."""

    queued: int
    held: int
    workers: int
    outage: Outage | None = None
    running: tuple[QueuedJob, ...]
    parked: tuple[QueuedJob, ...]
    quarantined: tuple[QueuedJob, ...] = ()
    holds: tuple[Hold, ...]

"""Submissions, their receipts and their live progress, as JSON."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from api.schemas import Payload
from grader.report import CheckResult

__all__ = [
    "CheckEvent",
    "IncidentEvent",
    "ReceiptIn",
    "ReceiptOut",
    "StateEvent",
    "StudentOut",
    "SubmissionOut",
    "SubmissionReceived",
    "SubmissionState",
]


class SubmissionState(StrEnum):
    """Where a submission is. ``failed``: the platform failed, never the student; it cost nothing.
    ``superseded``: a newer attempt took its place before it was graded. ``quarantined``: the course
    staff keep it from being graded."""

    QUEUED = "queued"
    RUNNING = "running"
    GRADED = "graded"
    FAILED = "failed"
    SUPERSEDED = "superseded"
    QUARANTINED = "quarantined"


class SubmissionReceived(Payload):
    """The answer to a submission. ``receipt`` is signed: the student keeps it as proof."""

    id: str
    pset: str
    attempt: int
    digest: str
    received_at: datetime
    state: SubmissionState
    receipt: str


class StudentOut(Payload):
    id: int
    name: str


class SubmissionOut(Payload):
    """A submission. ``queue_position`` is 1 for the next one to be graded, ``null`` unless queued."""

    id: str
    course: str
    pset: str
    student: StudentOut
    attempt: int
    digest: str
    received_at: datetime
    state: SubmissionState
    score: float | None
    max_score: float
    queue_position: int | None


class StateEvent(Payload):
    """SSE ``state``: where the submission is now.

    While it runs, ``problem`` is the one being graded: ``index`` of its ``total`` checks have ended.
    ``queued`` after ``running`` means that grading starts again (the platform failed): forget the
    checks seen so far. ``message`` is a sentence for the student, often empty.
    """

    state: SubmissionState
    queue_position: int | None = None
    problem: str | None = None
    index: int | None = None
    total: int | None = None
    message: str = ""


class CheckEvent(Payload):
    """SSE ``check``: one check ended, the ``index``-th (from 1) of the problem's ``total``.

    ``check`` is the student's copy.
    """

    problem: str
    index: int
    total: int
    check: CheckResult


class IncidentEvent(Payload):
    """SSE ``incident``: grading was given up because the platform failed. The stream ends."""

    message: str


class ReceiptIn(Payload):
    receipt: str = Field(max_length=4096)


class ReceiptOut(Payload):
    """Whether a receipt is one of ours, and what it says.

    ``recorded``: the submission it names is still in the database with the same digest. When
    ``valid`` is false every other field is ``null``, and ``message`` says what is wrong.
    """

    valid: bool
    message: str
    recorded: bool = False
    submission: str | None = None
    course: str | None = None
    pset: str | None = None
    student: str | None = None
    attempt: int | None = None
    digest: str | None = None
    received_at: datetime | None = None

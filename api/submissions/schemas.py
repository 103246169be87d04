"""Submissions, their receipts and their live progress, as JSON."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from api.schemas import Payload
from grader.report import CheckResult

__all__ = [
    "CheckEvent",
    "EstimateOut",
    "IncidentEvent",
    "ReceiptIn",
    "ReceiptOut",
    "RegradedOut",
    "StateEvent",
    "StudentOut",
    "SubmissionOut",
    "SubmissionReceived",
    "SubmissionState",
    "UploadOut",
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


class EstimateOut(Payload):
    """Seconds from now until grading starts and until it ends, each as a range. An estimate: others
    may come and go first, and the recent gradings that it rests on are a handful."""

    start_low: int
    start_high: int
    finish_low: int
    finish_high: int


class RegradedOut(Payload):
    """A submission was graded again by the course staff: when, why, and its score before and after."""

    at: datetime
    reason: str
    before: float | None
    after: float


class SubmissionOut(Payload):
    """A submission.

    ``queue_position`` is 1 for the next one to be graded, ``null`` unless queued; ``estimate`` is
    ``null`` unless queued, and where there is no evidence for one. ``paused``: it is queued, and the
    course staff hold its grading back. ``quarantined``: they have set it aside. ``regrades`` are those
    that changed its report, the oldest first.
    """

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
    estimate: EstimateOut | None = None
    paused: bool = False
    quarantined: bool = False
    regrades: tuple[RegradedOut, ...] = ()


class UploadOut(Payload):
    """A zip or notebook as it arrived, kept beside the files that were taken out of it. ``removed_at``:
    its bytes are gone, under the course's retention rule."""

    name: str
    size: int
    removed_at: datetime | None = None


class StateEvent(Payload):
    """SSE ``state``: where the submission is now.

    While it runs, ``problem`` is the one being graded: ``index`` of its ``total`` checks have ended.
    ``queued`` after ``running`` means that grading starts again (the platform failed): forget the
    checks seen so far. ``estimate`` and ``paused`` are as in a submission. ``message`` is a sentence
    for the student; empty while it runs.
    """

    state: SubmissionState
    queue_position: int | None = None
    estimate: EstimateOut | None = None
    paused: bool = False
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

"""Regrades, as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from api.dependencies import UserId
from api.regrading.models import ItemState, RegradeKind, RegradeState
from api.schemas import Payload
from api.submissions.schemas import StudentOut

__all__ = [
    "CheckChange",
    "GradeChangePreview",
    "RegradeCounts",
    "RegradeDetail",
    "RegradeIn",
    "RegradeOut",
    "RegradedSubmission",
]


class RegradeIn(Payload):
    """What to grade again. Without ``submission`` and ``students`` it is every graded submission of the set.

    ``kind``: ``replay`` scores what was recorded and runs student code only where the checks now ask
    something else; ``rerun`` runs all of it. ``package``: ``published``, the version that new submissions
    get, or the digest of another version of the same set.
    """

    kind: RegradeKind = RegradeKind.REPLAY
    submission: Annotated[str, Field(max_length=32)] | None = None
    students: Annotated[tuple[UserId, ...], Field(max_length=5000)] | None = None
    package: Annotated[str, Field(max_length=128)] = "published"
    reason: Annotated[str, Field(min_length=3, max_length=400)]


class RegradeCounts(Payload):
    """How many submissions are in which state, and what would change."""

    submissions: int
    waiting: int
    rerun: int
    scored: int
    failed: int
    changed: int
    higher: int
    lower: int


class RegradeOut(Payload):
    """A regrade. Its preview may be applied when it is ``ready``; nothing changes a grade before that."""

    id: int
    course: str
    pset: str
    kind: RegradeKind
    package: str
    reason: str
    state: RegradeState
    requested_by: str
    requested_at: datetime
    closed_by: str | None
    closed_at: datetime | None
    problem: str | None = None
    counts: RegradeCounts


class CheckChange(Payload):
    """A check that would end otherwise; ``null`` before or after where there is no such check then."""

    problem: str
    check: str
    title: str
    before: str | None
    after: str | None
    points_before: float | None
    points_after: float | None
    sentence: bool


class RegradedSubmission(Payload):
    """One submission of a regrade. ``applied``: its new report counts. ``stale``: it has been graded
    otherwise since, so this would undo that."""

    submission: str
    student: StudentOut
    attempt: int
    state: ItemState
    before: float | None
    after: float | None
    changes: tuple[CheckChange, ...]
    detail: str | None
    applied: bool
    stale: bool


class GradeChangePreview(Payload):
    """A student's grade in the set, now and if the regrade is applied: the best attempt counts."""

    student: StudentOut
    before: float | None
    after: float


class RegradeDetail(Payload):
    """A regrade with its preview: what changes comes first."""

    regrade: RegradeOut
    submissions: tuple[RegradedSubmission, ...]
    grades: tuple[GradeChangePreview, ...]

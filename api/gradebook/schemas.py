"""Scores, as JSON."""

from __future__ import annotations

from datetime import datetime

from api.accounts.schemas import PersonOut
from api.schemas import Payload

__all__ = [
    "GradeChangeOut",
    "GradebookCell",
    "GradebookOut",
    "GradebookPset",
    "GradebookRow",
    "MistakeCount",
    "MistakesOut",
    "MyScore",
    "UnnamedError",
]


class MyScore(Payload):
    """My standing in one problem set: the best graded attempt counts."""

    pset: str
    title: str
    due_at: datetime | None
    score: float | None
    max_score: float
    attempts: int
    best_submission_id: str | None


class GradebookPset(Payload):
    name: str
    title: str
    max_score: float


class GradebookCell(Payload):
    """A student's score in one set, and the submission it comes from.

    ``score`` and ``submission_id`` are ``null`` while none of the ``attempts`` is graded.
    """

    score: float | None
    submission_id: str | None
    attempts: int


class GradebookRow(Payload):
    """One student; a set without any attempt is ``null``. ``total`` counts it as 0.

    ``section`` is the part of the course that the student belongs to, ``null`` for none.
    """

    student: PersonOut
    section: str | None = None
    scores: dict[str, GradebookCell | None]
    total: float


class GradebookOut(Payload):
    """Students by name, problem sets by the time they were published.

    ``sections`` are those that the person asking may see, also when the rows are of one alone.
    """

    psets: tuple[GradebookPset, ...]
    sections: tuple[str, ...] = ()
    rows: tuple[GradebookRow, ...]


class GradeChangeOut(Payload):
    """One entry of a grade's history. ``by`` is ``null`` when grading itself changed it."""

    at: datetime
    by: str | None
    reason: str
    before: float | None
    after: float | None
    submission_id: str | None


class MistakeCount(Payload):
    """How many students fail a check by a known mistake. ``sentence`` is what they are told.

    ``examples`` are some of their submissions.
    """

    problem: str
    check: str
    title: str
    mistake: str
    sentence: str
    students: int
    examples: tuple[str, ...]


class UnnamedError(Payload):
    """Students whose answers to a check are wrong in the same way, which nobody has named yet.

    ``message`` is what the first of them was told; ``examples`` are some of their submissions.
    """

    problem: str
    check: str
    title: str
    message: str
    students: int
    examples: tuple[str, ...]


class MistakesOut(Payload):
    """The mistakes in one set, the most frequent first, each student counted with the submission that
    their grade comes from.

    ``students`` is how many have one. ``unnamed_alone`` counts failures by an unnamed error that nobody
    else makes.
    """

    pset: str
    students: int
    mistakes: tuple[MistakeCount, ...]
    unnamed: tuple[UnnamedError, ...]
    unnamed_alone: int

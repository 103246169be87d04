"""What the course service can be asked about grading again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

from gradecli.client import CourseService
from gradecli.payloads import Answer, Id, Moment, Person
from gradecli.session import Session, open_session

__all__ = [
    "CheckChange",
    "Counts",
    "GradeChange",
    "Preview",
    "Regrade",
    "RegradeService",
    "RegradedSubmission",
    "open_regrading",
]


class Counts(Answer):
    submissions: int
    waiting: int
    rerun: int
    scored: int
    failed: int
    changed: int
    higher: int
    lower: int


class Regrade(Answer):
    id: int
    course: str
    pset: str
    kind: str
    package: str
    reason: str
    state: str
    requested_by: str
    requested_at: Moment
    closed_by: str | None
    problem: str | None
    counts: Counts

    @property
    def at_work(self) -> bool:
        """Whether its preview is still being made."""
        return self.state in {"queued", "running"}


class CheckChange(Answer):
    problem: str
    check: str
    title: str
    before: str | None
    after: str | None


class RegradedSubmission(Answer):
    submission: Id
    student: Person
    attempt: int
    state: str
    before: float | None
    after: float | None
    changes: tuple[CheckChange, ...]
    detail: str | None
    stale: bool


class GradeChange(Answer):
    student: Person
    before: float | None
    after: float


class Preview(Answer):
    """What a regrade comes to: for each submission, and for each student's grade."""

    regrade: Regrade
    submissions: tuple[RegradedSubmission, ...]
    grades: tuple[GradeChange, ...]


class RegradeService(CourseService):
    """A session with one server about grading again."""

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self._sleep(seconds)

    def request(
        self, course: str, pset: str, *, kind: str, reason: str, submission: str | None, package: str
    ) -> Regrade:
        body = {"kind": kind, "reason": reason, "submission": submission, "package": package}
        return self._read(self._send("POST", _set(course, pset), json=body), Regrade)

    def regrades(self, course: str, pset: str) -> tuple[Regrade, ...]:
        return self._get(_set(course, pset), tuple[Regrade, ...])

    def preview(self, course: str, pset: str, number: int) -> Preview:
        return self._get(f"{_set(course, pset)}/{number}", Preview)

    def apply(self, course: str, pset: str, number: int) -> Regrade:
        return self._read(self._send("POST", f"{_set(course, pset)}/{number}/apply"), Regrade)

    def discard(self, course: str, pset: str, number: int) -> Regrade:
        return self._read(self._send("POST", f"{_set(course, pset)}/{number}/discard"), Regrade)


@contextmanager
def open_regrading() -> Iterator[tuple[Session, RegradeService]]:
    """Connect as the person who is logged in here.

    Raises:
        NotLoggedInError: nobody is, or the server no longer accepts their token.
        UnreachableError: the server does not answer.
    """
    with open_session() as session:
        credentials = session.credentials
        with RegradeService(credentials.url, credentials.token) as service:
            yield session, service


def _set(course: str, pset: str) -> str:
    return f"/courses/{quote(course, safe='')}/psets/{quote(pset, safe='')}/regrades"

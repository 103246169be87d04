"""What a student looks up: the problem sets, their scores, the feedback on a submission."""

from __future__ import annotations

from datetime import UTC, datetime

from gradecli import messages
from gradecli.errors import CommandError, PlatformError
from gradecli.payloads import MyScore, Pset, Report, Submission
from gradecli.session import Session, open_session
from gradecli.terminal import Styled, note, say, table

__all__ = ["feedback", "psets", "scores", "show_psets", "show_scores"]


def psets(course: str | None) -> tuple[Pset, ...]:
    """The published problem sets of the course."""
    with open_session() as session:
        return session.service.psets(session.course(course))


def scores(course: str | None) -> tuple[MyScore, ...]:
    """My standing in each set of the course."""
    with open_session() as session:
        return session.service.scores(session.course(course))


def show_psets(found: tuple[Pset, ...]) -> None:
    """One line for each set."""
    if not found:
        note(messages.no_psets_yet())
        return
    now = datetime.now(UTC)
    rows: list[list[str | Styled]] = [
        [
            Styled(pset.name, "bold"),
            pset.title,
            messages.due(pset.due_at, now) + ("" if pset.accepting else ", closed"),
            _score(pset.my_score, pset.max_score),
        ]
        for pset in found
    ]
    table(["set", "title", "due", "score"], rows, numbers=[3])


def show_scores(found: tuple[MyScore, ...]) -> None:
    """One line for each set, then the sum."""
    if not found:
        note(messages.no_psets_yet())
        return
    rows: list[list[str | Styled]] = [
        [
            Styled(score.pset, "bold"),
            score.title,
            _score(score.score, score.max_score),
            str(score.attempts),
            score.best_submission_id or "-",
        ]
        for score in found
    ]
    table(["set", "title", "score", "attempts", "counted submission"], rows, numbers=[2, 3])
    earned = sum(score.score or 0.0 for score in found)
    most = sum(score.max_score for score in found)
    say(f"\nTotal: {messages.points(earned)}/{messages.points(most)} points")


def feedback(which: str | None, course: str | None) -> Report:
    """The report of one submission: the newest of a set, of any set, or the one with that id.

    Raises:
        CommandError: it is not graded yet, or there is none.
        PlatformError: the platform could not grade it.
        RefusedError: the server has no such submission of this person's.
    """
    with open_session() as session:
        if which is not None and not _is_pset(session, which, course):
            return _report(session, session.service.submission(which))
        chosen = session.course(course)
        made = session.service.submissions(chosen, pset=which)
        own = [submission for submission in made if submission.student.id == session.me.id]
        if not own:
            raise CommandError(
                messages.nothing_submitted(which) if which else messages.nothing_submitted_at_all(chosen)
            )
        newest = max(own, key=lambda submission: (submission.received_at, submission.attempt))
        return _report(session, newest)


def _is_pset(session: Session, which: str, course: str | None) -> bool:
    if len(session.me.enrolments) != 1 and course is None and session.credentials.course is None:
        return False  # no course to look in: an id needs none
    return any(pset.name == which for pset in session.service.psets(session.course(course)))


def _report(session: Session, submission: Submission) -> Report:
    if submission.state == "graded":
        when = messages.moment(submission.received_at)
        note(f"{submission.pset}, attempt {submission.attempt}, {when} (submission {submission.id})")
        return session.service.report(submission.id)
    text = messages.not_graded_yet(submission.state, submission.id, submission.pset)
    raise PlatformError(text) if submission.state == "failed" else CommandError(text)


def _score(score: float | None, most: float) -> str:
    return f"{'-' if score is None else messages.points(score)}/{messages.points(most)}"

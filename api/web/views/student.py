"""A student's sets: the home page and the page of one set."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from markupsafe import Markup

from api.accounts.schemas import EnrolmentOut
from api.courses.schemas import PsetOut
from api.gradebook.schemas import MyScore
from api.submissions.schemas import SubmissionOut, SubmissionState
from api.web import addresses, words
from api.web.views.report import Score, score
from api.web.words import Moment

__all__ = [
    "Attempt",
    "CourseView",
    "ExpectedFile",
    "HandoutView",
    "HomeView",
    "NextStep",
    "SetCard",
    "SetView",
    "attempt_rows",
    "course_view",
    "next_step",
    "set_view",
]


@dataclass(frozen=True, slots=True)
class NextStep:
    """The one thing to do about a set: a sentence, and a link whose text says where it goes."""

    sentence: str
    label: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class SetCard:
    """One set on the home page. ``score`` is the reader's own, None before anything is graded."""

    name: str
    title: str
    href: str
    due: Moment | None
    accepting: bool
    score: Score | None
    out_of: str
    next_step: NextStep


@dataclass(frozen=True, slots=True)
class CourseView:
    """One course of the reader's. ``gradebook_href`` is empty for a student.

    ``example_due`` is a due date for the hint that staff see while nothing is published.
    """

    name: str
    title: str
    role: str
    sets: tuple[SetCard, ...]
    gradebook_href: str
    example_due: str


@dataclass(frozen=True, slots=True)
class HomeView:
    """Every course the reader is enrolled in."""

    courses: tuple[CourseView, ...]
    is_admin: bool


@dataclass(frozen=True, slots=True)
class ExpectedFile:
    """A file the set asks for, named after its problem. No handout page: an empty address."""

    filename: str
    title: str
    points: str
    handout_href: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """One row of a table of submissions. ``counts`` marks the one whose score is kept."""

    number: int
    href: str
    received: Moment
    state: SubmissionState
    score: Score | None
    counts: bool
    pset: str


@dataclass(frozen=True, slots=True)
class SetView:
    """One set: what it asks for, the form that hands it in, and what was handed in so far.

    ``ticket`` makes sending one form twice one submission; ``problem`` says why the last one was
    not accepted; ``regrades_href`` is for staff.
    """

    course: str
    course_title: str
    name: str
    title: str
    due: Moment | None
    accepting: bool
    score: Score | None
    out_of: str
    handout_href: str
    files: tuple[ExpectedFile, ...]
    attempts: tuple[Attempt, ...]
    submit_href: str
    ticket: str
    problem: str
    regrades_href: str = ""

    @property
    def example(self) -> str:
        """A problem's name, to explain marks with."""
        return self.files[0].filename.removesuffix(".py") if self.files else "problem"


@dataclass(frozen=True, slots=True)
class HandoutView:
    """The statement of one problem; ``body`` is safe HTML."""

    course_title: str
    set_title: str
    set_href: str
    title: str
    body: Markup


def course_view(
    enrolment: EnrolmentOut,
    psets: Iterable[PsetOut],
    scores: Iterable[MyScore],
    submissions: Iterable[SubmissionOut],
    now: datetime,
) -> CourseView:
    """The reader's course: its sets, soonest due first, those closed or without a date after them.

    Staff have no scores of their own: ``scores`` and ``submissions`` are empty for them.
    """
    standing = {mine.pset: mine for mine in scores}
    latest = _latest(submissions)
    cards = [
        _card(enrolment, pset, standing.get(pset.name), latest.get(pset.name), now)
        for pset in sorted(psets, key=_by_urgency)
    ]
    return CourseView(
        name=enrolment.course,
        title=enrolment.title,
        role=enrolment.role.value,
        sets=tuple(cards),
        gradebook_href=addresses.gradebook(enrolment.course) if enrolment.role.is_staff else "",
        example_due=f"{now + timedelta(days=14):%Y-%m-%dT23:59}",
    )


def _latest(submissions: Iterable[SubmissionOut]) -> dict[str, SubmissionOut]:
    """The last attempt at each set."""
    latest: dict[str, SubmissionOut] = {}
    for submission in sorted(submissions, key=lambda each: each.attempt):
        latest[submission.pset] = submission
    return latest


def _by_urgency(pset: PsetOut) -> tuple[bool, bool, float, str]:
    due = pset.due_at.timestamp() if pset.due_at else 0.0
    # What is open comes in the order it is due; what is closed, the most recent first.
    return (not pset.accepting, pset.due_at is None, due if pset.accepting else -due, pset.name)


def _card(
    enrolment: EnrolmentOut,
    pset: PsetOut,
    mine: MyScore | None,
    latest: SubmissionOut | None,
    now: datetime,
) -> SetCard:
    staff = enrolment.role.is_staff
    step = _staff_step(enrolment, pset) if staff else next_step(enrolment.course, pset, mine, latest)
    return SetCard(
        name=pset.name,
        title=pset.title,
        href=addresses.pset(enrolment.course, pset.name),
        due=words.moment(pset.due_at, now) if pset.due_at else None,
        accepting=pset.accepting,
        score=None if mine is None or mine.score is None else score(mine.score, mine.max_score),
        out_of=words.points(pset.max_score),
        next_step=step,
    )


def _staff_step(enrolment: EnrolmentOut, pset: PsetOut) -> NextStep:
    href = addresses.gradebook(enrolment.course, sort=pset.name, descending=True)
    return NextStep(
        "Open for submissions." if pset.accepting else "No longer takes submissions.", "See the scores", href
    )


def next_step(course: str, pset: PsetOut, mine: MyScore | None, latest: SubmissionOut | None) -> NextStep:
    """What a student should do about a set now, given their standing and their last attempt."""
    if latest is None:
        if pset.accepting:
            return NextStep("Nothing handed in yet.", "Start", addresses.pset(course, pset.name))
        return NextStep("You handed in nothing.")
    here = addresses.submission(latest.id)
    if latest.state in (SubmissionState.QUEUED, SubmissionState.RUNNING):
        return NextStep(f"Attempt {latest.attempt} is being graded.", "Watch", here)
    if latest.state is SubmissionState.FAILED:
        sentence = f"Attempt {latest.attempt} could not be graded. The fault is not yours."
        return NextStep(sentence, "See what to do", here)
    if latest.state is SubmissionState.QUARANTINED:
        return NextStep(f"Attempt {latest.attempt} is set aside by the course staff.", "Read more", here)
    best_id = mine.best_submission_id if mine is not None else None
    best = addresses.submission(best_id or latest.id)
    if mine is not None and mine.score is not None and mine.score >= mine.max_score:
        return NextStep("Full marks. Nothing left to do.", "Read the report", best)
    if pset.accepting:
        return NextStep("There are points left.", f"Read the feedback on attempt {latest.attempt}", here)
    return NextStep("This score is final.", "Read your report", best)


def set_view(
    course: EnrolmentOut,
    pset: PsetOut,
    mine: MyScore | None,
    submissions: Sequence[SubmissionOut],
    *,
    now: datetime,
    ticket: str,
    handouts: frozenset[str] = frozenset(),
    problem: str = "",
    staff: bool = False,
) -> SetView:
    """The page of one set. ``handouts`` names the problems whose statement can be read here."""
    where = (course.course, pset.name)
    return SetView(
        course=course.course,
        course_title=course.title,
        name=pset.name,
        title=pset.title,
        due=words.moment(pset.due_at, now) if pset.due_at else None,
        accepting=pset.accepting,
        score=None if mine is None or mine.score is None else score(mine.score, mine.max_score),
        out_of=words.points(pset.max_score),
        handout_href=addresses.handout_zip(course.course, pset.name),
        files=tuple(
            ExpectedFile(
                filename=f"{each.name}.py",
                title=each.title,
                points=words.points(each.points),
                handout_href=addresses.handout(*where, each.name) if each.name in handouts else "",
            )
            for each in pset.problems
        ),
        attempts=attempt_rows(submissions, {mine.best_submission_id} if mine else set(), now),
        submit_href=addresses.submit(course.course, pset.name),
        ticket=ticket,
        problem=problem,
        regrades_href=addresses.regrades(*where) if staff else "",
    )


def attempt_rows(
    submissions: Iterable[SubmissionOut],
    counting: set[str | None],
    now: datetime,
    titles: dict[str, str] | None = None,
) -> tuple[Attempt, ...]:
    """Rows for a table of submissions, the newest first; ``counting`` holds the ids whose score is kept."""
    return tuple(
        Attempt(
            number=each.attempt,
            href=addresses.submission(each.id),
            received=words.moment(each.received_at, now),
            state=each.state,
            score=None if each.score is None else score(each.score, each.max_score),
            counts=each.id in counting,
            pset=(titles or {}).get(each.pset, each.pset),
        )
        for each in sorted(submissions, key=lambda each: (each.received_at, each.attempt), reverse=True)
    )

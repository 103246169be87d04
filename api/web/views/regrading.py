"""Grading again, as staff see it: the list of a set's regrades, and one of them with its preview."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from api.regrading.models import ItemState, RegradeKind, RegradeState
from api.regrading.schemas import CheckChange, RegradeDetail, RegradedSubmission, RegradeOut
from api.web import addresses, words
from api.web.words import Moment

__all__ = ["PreviewView", "RegradeRow", "RegradesView", "preview_view", "regrades_view"]

_KINDS = {RegradeKind.REPLAY: "replay of what was recorded", RegradeKind.RERUN: "student code run again"}
_STATES = {
    RegradeState.QUEUED: "waits for a worker",
    RegradeState.RUNNING: "being worked on",
    RegradeState.READY: "ready to be looked at",
    RegradeState.APPLIED: "applied",
    RegradeState.DISCARDED: "discarded",
    RegradeState.FAILED: "failed, nothing is changed",
}
_ITEMS = {
    ItemState.WAITING: "waits",
    ItemState.RERUN: "is run again",
    ItemState.FAILED: "keeps its score",
    ItemState.SCORED: "stays as it is",
}


@dataclass(frozen=True, slots=True)
class RegradeRow:
    """One regrade in a list, and at the top of its own page."""

    number: int
    href: str
    state: str
    kind: str
    reason: str
    by: str
    at: Moment
    counted: str
    problem: str


@dataclass(frozen=True, slots=True)
class RegradesView:
    """A set's regrades. ``ask_href`` is empty where the reader may not ask for one; ``problem`` says why
    the last request was not accepted."""

    course_title: str
    pset_title: str
    set_href: str
    gradebook_href: str
    regrades: tuple[RegradeRow, ...]
    ask_href: str
    problem: str


_TENSES = {
    RegradeState.APPLIED: ("that changed", "Before", "After"),
    RegradeState.DISCARDED: ("that would have changed", "As it was", "As it would be"),
    RegradeState.FAILED: ("that would have changed", "As it was", "As it would be"),
}


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One submission of a preview."""

    student: str
    href: str
    attempt: int
    before: str
    after: str
    rises: bool
    falls: bool
    told: str
    changes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GradeRow:
    """A student's grade, now and then."""

    student: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class PreviewView:
    """One regrade: what changes first. The two addresses are empty where there is nothing to decide.
    ``that_change`` and the two columns speak of what is to come, was, or did not come to be."""

    course_title: str
    pset_title: str
    set_href: str
    list_href: str
    regrade: RegradeRow
    at_work: bool
    that_change: str
    column_before: str
    column_after: str
    changed: tuple[ItemRow, ...]
    unchanged: tuple[ItemRow, ...]
    grades: tuple[GradeRow, ...]
    apply_href: str
    discard_href: str


def regrades_view(
    regrades: tuple[RegradeOut, ...],
    *,
    course: str,
    course_title: str,
    pset: str,
    pset_title: str,
    may_ask: bool,
    problem: str,
    now: datetime,
) -> RegradesView:
    """The list of a set's regrades."""
    return RegradesView(
        course_title=course_title,
        pset_title=pset_title,
        set_href=addresses.pset(course, pset),
        gradebook_href=addresses.gradebook(course),
        regrades=tuple(_row(one, now) for one in regrades),
        ask_href=addresses.regrades(course, pset) if may_ask else "",
        problem=problem,
    )


def preview_view(
    detail: RegradeDetail, *, course_title: str, pset_title: str, may_decide: bool, now: datetime
) -> PreviewView:
    """One regrade with its preview."""
    regrade = detail.regrade
    place = (regrade.course, regrade.pset, regrade.id)
    open_still = regrade.state in (RegradeState.QUEUED, RegradeState.RUNNING, RegradeState.READY)
    rows = [(one, _item(one)) for one in detail.submissions]
    that_change, column_before, column_after = _TENSES.get(regrade.state, ("that change", "Now", "Then"))
    return PreviewView(
        course_title=course_title,
        pset_title=pset_title,
        set_href=addresses.pset(regrade.course, regrade.pset),
        list_href=addresses.regrades(regrade.course, regrade.pset),
        regrade=_row(regrade, now),
        at_work=regrade.state in (RegradeState.QUEUED, RegradeState.RUNNING),
        that_change=that_change,
        column_before=column_before,
        column_after=column_after,
        changed=tuple(row for one, row in rows if _is_told(one)),
        unchanged=tuple(row for one, row in rows if not _is_told(one)),
        grades=tuple(
            GradeRow(grade.student.name, _points(grade.before), _points(grade.after))
            for grade in detail.grades
        ),
        apply_href=addresses.apply_regrade(*place)
        if may_decide and regrade.state is RegradeState.READY
        else "",
        discard_href=addresses.discard_regrade(*place) if may_decide and open_still else "",
    )


def _row(regrade: RegradeOut, now: datetime) -> RegradeRow:
    counts = regrade.counts
    counted = (
        f"{words.plural(counts.submissions, 'submission')}: {counts.higher} higher, {counts.lower} lower"
    )
    counted += f", {counts.changed} with other results" if counts.changed else ""
    left = counts.waiting + counts.rerun
    counted += f", {left} not done" if left else ""
    counted += f", {counts.failed} could not be graded again" if counts.failed else ""
    return RegradeRow(
        number=regrade.id,
        href=addresses.regrade(regrade.course, regrade.pset, regrade.id),
        state=_STATES[regrade.state],
        kind=_KINDS[regrade.kind],
        reason=regrade.reason,
        by=regrade.requested_by,
        at=words.moment(regrade.requested_at, now),
        counted=counted,
        problem=words.visible(regrade.problem or ""),
    )


def _is_told(one: RegradedSubmission) -> bool:
    return bool(one.changes) or one.stale or one.state is ItemState.FAILED


def _item(one: RegradedSubmission) -> ItemRow:
    before, after = one.before or 0.0, one.after
    told = "was graded otherwise since: this preview is out of date" if one.stale else _ITEMS[one.state]
    if one.state in (ItemState.RERUN, ItemState.FAILED) and one.detail:
        told += f": {words.visible(one.detail)}"
    return ItemRow(
        student=one.student.name,
        href=addresses.submission(one.submission),
        attempt=one.attempt,
        before=_points(one.before),
        after=_points(after),
        rises=after is not None and after > before,
        falls=after is not None and after < before,
        told="" if one.changes and not one.stale else told,
        changes=tuple(map(_change, one.changes)),
    )


def _change(change: CheckChange) -> str:
    if change.before is None:
        return f"{change.title}: new, {change.after}"
    if change.after is None:
        return f"{change.title}: gone, was {change.before}"
    if change.before != change.after:
        return f"{change.title}: {change.before}, then {change.after}"
    return f"{change.title}: another {'sentence' if change.sentence else 'number of points'}"


def _points(score: float | None) -> str:
    return "–" if score is None else words.points(score)

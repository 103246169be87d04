"""Regrades that somebody may see, and what they come to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, aliased

from api.access import Action, Actor, enter_course, find_pset, is_visible
from api.accounts.models import User
from api.courses.models import Course, PublishedPset
from api.errors import NotFoundError
from api.gradebook.models import GradeReportRow
from api.gradebook.policy import GradedAttempt, best_attempt
from api.gradebook.recording import newest_reports
from api.regrading.models import ItemState, Regrade, RegradeItem
from api.regrading.schemas import (
    CheckChange,
    GradeChangePreview,
    RegradeCounts,
    RegradeDetail,
    RegradedSubmission,
    RegradeOut,
)
from api.submissions.models import Submission
from api.submissions.schemas import StudentOut

__all__ = ["describe_regrade", "find_regrade", "list_regrades", "show_regrade", "stale_items"]


def list_regrades(session: Session, actor: Actor, course_name: str, pset_name: str) -> tuple[RegradeOut, ...]:
    """The regrades of a set, the newest first; for a grader of one section, those with their students.

    Raises:
        NotFoundError, NotAllowedError: the actor is not staff of such a course.
    """
    course = enter_course(session, actor, course_name, Action.SEE_EVERYBODYS_WORK)
    pset = find_pset(session, course, pset_name)
    regrades = session.scalars(
        select(Regrade).where(Regrade.pset_id == pset.id).order_by(Regrade.id.desc()).limit(200)
    ).all()
    seen = _visible(session, actor, course)
    described = [describe_regrade(session, regrade, seen) for regrade in regrades]
    return tuple(one for one in described if one.counts.submissions)


def find_regrade(
    session: Session, actor: Actor, course_name: str, pset_name: str, regrade_id: int, action: Action
) -> tuple[Regrade, ColumnElement[bool]]:
    """A regrade, and a condition on its submissions' students: those whose work the actor may see.

    A regrade of several submissions is decided on by those who may ask for one; a regrade of a single
    one, by any grader who sees it.

    Raises:
        NotFoundError: there is none, or none of it is the actor's business.
        NotAllowedError: the actor's role does not include ``action``.
    """
    course = enter_course(session, actor, course_name, Action.SEE_EVERYBODYS_WORK)
    pset = find_pset(session, course, pset_name)
    seen = _visible(session, actor, course)
    regrade = session.scalar(select(Regrade).where(Regrade.id == regrade_id, Regrade.pset_id == pset.id))
    if regrade is None or not session.scalar(
        _items(regrade.id, seen).with_only_columns(RegradeItem.submission_id).limit(1)
    ):
        msg = "There is no regrade of that number. `gradecli regrade list` lists them."
        raise NotFoundError(msg)
    count = session.scalar(
        select(func.count()).select_from(RegradeItem).where(RegradeItem.regrade_id == regrade.id)
    )
    needed = Action.RETRY_GRADING if count == 1 and action is Action.REGRADE else action
    enter_course(session, actor, course_name, needed)
    return regrade, seen


def show_regrade(
    session: Session, actor: Actor, course_name: str, pset_name: str, regrade_id: int
) -> RegradeDetail:
    """A regrade with its preview.

    Raises:
        NotFoundError, NotAllowedError: the actor is not staff who sees it.
    """
    regrade, seen = find_regrade(
        session, actor, course_name, pset_name, regrade_id, Action.SEE_EVERYBODYS_WORK
    )
    rows = session.execute(
        _items(regrade.id, seen).with_only_columns(RegradeItem, Submission, User).order_by(User.name, User.id)
    ).all()
    newest = newest_reports(session, [submission.id for _item, submission, _user in rows])
    found = [_submission(item, submission, user, newest) for item, submission, user in rows]
    found.sort(key=_interest)
    return RegradeDetail(
        regrade=describe_regrade(session, regrade, seen),
        submissions=tuple(found),
        grades=_grades(session, regrade, [(item, submission, user) for item, submission, user in rows]),
    )


def stale_items(session: Session, regrade: Regrade) -> list[str]:
    """The submissions that were graded otherwise since the regrade was asked for."""
    items = session.scalars(
        select(RegradeItem).where(RegradeItem.regrade_id == regrade.id, RegradeItem.state == ItemState.SCORED)
    ).all()
    newest = newest_reports(session, [item.submission_id for item in items])
    return [item.submission_id for item in items if _is_stale(item, newest.get(item.submission_id))]


def describe_regrade(session: Session, regrade: Regrade, seen: ColumnElement[bool]) -> RegradeOut:
    """A regrade with its counts, over the submissions of the students whose work is ``seen``."""
    requester, closer = aliased(User), aliased(User)
    asked_by, closed_by, course, pset = session.execute(
        select(requester.name, closer.name, Course.name, PublishedPset.name)
        .select_from(Regrade)
        .join(requester, requester.id == Regrade.requested_by)
        .outerjoin(closer, closer.id == Regrade.closed_by)
        .join(PublishedPset, PublishedPset.id == Regrade.pset_id)
        .join(Course, Course.id == PublishedPset.course_id)
        .where(Regrade.id == regrade.id)
    ).one()
    rows = session.execute(
        _items(regrade.id, seen).with_only_columns(
            RegradeItem.state, RegradeItem.before, RegradeItem.after, RegradeItem.changes_json
        )
    ).all()
    states = Counter(state for state, *_ in rows)
    pairs = [(before, after) for _, before, after, _ in rows if before is not None and after is not None]
    return RegradeOut(
        id=regrade.id,
        course=course,
        pset=pset,
        kind=regrade.kind,
        package=regrade.package_digest,
        reason=regrade.reason,
        state=regrade.state,
        requested_by=asked_by,
        requested_at=regrade.requested_at,
        closed_by=closed_by,
        closed_at=regrade.closed_at,
        problem=regrade.last_error,
        counts=RegradeCounts(
            submissions=len(rows),
            waiting=states[ItemState.WAITING],
            rerun=states[ItemState.RERUN],
            scored=states[ItemState.SCORED],
            failed=states[ItemState.FAILED],
            changed=sum(bool(changes) for *_, changes in rows),
            higher=sum(after > before for before, after in pairs),
            lower=sum(after < before for before, after in pairs),
        ),
    )


def _visible(session: Session, actor: Actor, course: Course) -> ColumnElement[bool]:
    return is_visible(session, actor, course, Submission.user_id)


def _items(regrade_id: int, seen: ColumnElement[bool]):  # type: ignore[no-untyped-def]  # any columns
    return (
        select(RegradeItem)
        .join(Submission, Submission.id == RegradeItem.submission_id)
        .join(User, User.id == Submission.user_id)
        .where(RegradeItem.regrade_id == regrade_id, seen)
    )


def _submission(
    item: RegradeItem, submission: Submission, user: User, newest: dict[str, GradeReportRow]
) -> RegradedSubmission:
    counts = newest.get(submission.id)
    return RegradedSubmission(
        submission=submission.id,
        student=StudentOut(id=user.id, name=user.name),
        attempt=submission.attempt,
        state=item.state,
        before=item.before,
        after=item.after,
        changes=tuple(CheckChange.model_validate(change) for change in item.changes_json or ()),
        detail=item.detail,
        applied=counts is not None and counts.regrade_id == item.regrade_id,
        stale=_is_stale(item, counts),
    )


def _is_stale(item: RegradeItem, counts: GradeReportRow | None) -> bool:
    return counts is not None and counts.id != item.before_report_id and counts.regrade_id != item.regrade_id


def _interest(one: RegradedSubmission) -> tuple[int, float]:
    """What somebody who decides wants to see first: failures, then the largest changes of a score."""
    by = abs((one.after or 0.0) - (one.before or 0.0)) if one.after is not None else 0.0
    if one.state is ItemState.FAILED or one.stale:
        return 0, 0.0
    return (1 if one.changes else 2 if one.state is ItemState.SCORED else 3), -by


def _grades(
    session: Session, regrade: Regrade, rows: Sequence[tuple[RegradeItem, Submission, User]]
) -> tuple[GradeChangePreview, ...]:
    """What becomes of each student's grade: all their attempts count, as they are or as they would be."""
    people = {user.id: user for _item, _submission, user in rows}
    would_be = {item.submission_id: item.after for item, _, _ in rows if item.after is not None}
    attempts = session.scalars(
        select(Submission).where(Submission.pset_id == regrade.pset_id, Submission.user_id.in_(people))
    ).all()
    newest = newest_reports(session, [attempt.id for attempt in attempts])
    before: dict[int, list[GradedAttempt]] = {}
    after: dict[int, list[GradedAttempt]] = {}
    for attempt in attempts:
        report = newest.get(attempt.id)
        if report is None:
            continue
        score = would_be.get(attempt.id, report.score)
        before.setdefault(attempt.user_id, []).append(
            GradedAttempt(attempt.id, attempt.attempt, report.score)
        )
        after.setdefault(attempt.user_id, []).append(GradedAttempt(attempt.id, attempt.attempt, score))
    found = []
    for user_id, user in people.items():
        was, will = best_attempt(before.get(user_id, ())), best_attempt(after.get(user_id, ()))
        if will is not None and (was is None or was.score != will.score):
            student = StudentOut(id=user.id, name=user.name)
            found.append(
                GradeChangePreview(
                    student=student, before=None if was is None else was.score, after=will.score
                )
            )
    return tuple(found)

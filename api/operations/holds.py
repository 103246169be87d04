"""Holding grading back, and letting it go on. What was handed in is kept, and waits."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from api.access import Action, Actor, enter_course, find_pset, require_admin, require_scope
from api.accounts.models import User
from api.courses.models import Course, Enrolment, PublishedPset
from api.database import now
from api.errors import ConflictError, InvalidRequestError, NotFoundError
from api.jobs.fairness import take_turns_again
from api.jobs.holding import covers
from api.jobs.models import GradingJob, JobState
from api.operations.audit import record_action
from api.operations.grading_schemas import HoldIn, HoldOut
from api.operations.models import GradingHold, HoldScope
from api.roles import Scope
from api.submissions.models import Submission

__all__ = ["hold_everything", "hold_in_course", "lift_hold", "list_all_holds", "list_course_holds"]


def hold_everything(session: Session, actor: Actor, reason: str) -> HoldOut:
    """Hold all grading of the service. What runs now finishes.

    Raises:
        NotAllowedError: the actor is not an admin.
        ConflictError: everything is held already.
    """
    require_admin(actor)
    return _place(session, actor, GradingHold(scope=HoldScope.ALL, reason=reason, placed_by=actor.id), None)


def hold_in_course(session: Session, actor: Actor, course_name: str, wanted: HoldIn) -> HoldOut:
    """Hold the grading of a course, of one of its sets, or of one student in it.

    Raises:
        NotFoundError: no such course for this actor, or no such set or student in it.
        NotAllowedError: the actor is not an instructor there.
        InvalidRequestError: a set and a student were named at once.
        ConflictError: the same is held already.
    """
    course = enter_course(session, actor, course_name, Action.RUN_GRADING)
    if wanted.pset and wanted.student:
        msg = "Name a set or a student, not both: a hold on a student holds all their work in the course."
        raise InvalidRequestError(msg)
    hold = GradingHold(scope=HoldScope.COURSE, course_id=course.id, reason=wanted.reason, placed_by=actor.id)
    if wanted.pset:
        hold.scope, hold.pset_id = HoldScope.PSET, find_pset(session, course, wanted.pset).id
    if wanted.student:
        hold.scope, hold.user_id = HoldScope.STUDENT, _member(session, course, wanted.student).id
    return _place(session, actor, hold, course)


def lift_hold(session: Session, actor: Actor, hold_id: int) -> HoldOut:
    """Let grading go on. What waited is lined up as if it came now, so that nobody who came since is
    put back behind all of it.

    Raises:
        NotFoundError: there is no such hold that this actor may know of.
        NotAllowedError: they may not lift it.
        ConflictError: it is lifted already.
    """
    hold = session.get(GradingHold, hold_id)
    course = None if hold is None or hold.course_id is None else session.get_one(Course, hold.course_id)
    if hold is None or (course is None and not actor.is_admin):
        msg = "There is no hold of that number. `gradecli hold list` shows those there are."
        raise NotFoundError(msg)
    if course is None:
        require_scope(actor, Scope.STAFF)
    else:
        enter_course(session, actor, course.name, Action.RUN_GRADING)
    if hold.lifted_at is not None:
        msg = "This hold is lifted already."
        raise ConflictError(msg)
    hold.lifted_by, hold.lifted_at = actor.id, now()
    held = (
        select(GradingJob)
        .join(Submission, Submission.id == GradingJob.submission_id)
        .join(PublishedPset, PublishedPset.id == Submission.pset_id)
        .where(GradingJob.state == JobState.QUEUED, covers(hold))
        .order_by(GradingJob.id)
    )
    take_turns_again(session, session.scalars(held).all())
    told = _described(session, [hold])[0]
    record_action(
        session, actor, "hold.lift", course=course, subject=_subject(told), detail={"hold": hold.id}
    )
    return told


def list_course_holds(session: Session, actor: Actor, course_name: str) -> tuple[HoldOut, ...]:
    """What is held in a course now, by holds on everything too.

    Raises:
        NotFoundError, NotAllowedError: the actor is not an instructor of such a course.
    """
    course = enter_course(session, actor, course_name, Action.RUN_GRADING)
    return _active(session, (GradingHold.course_id == course.id) | (GradingHold.scope == HoldScope.ALL))


def list_all_holds(session: Session, actor: Actor) -> tuple[HoldOut, ...]:
    """What is held anywhere now.

    Raises:
        NotAllowedError: the actor is not an admin.
    """
    require_admin(actor)
    return _active(session, GradingHold.id.is_not(None))


def _place(session: Session, actor: Actor, hold: GradingHold, course: Course | None) -> HoldOut:
    same = select(GradingHold.id).where(
        GradingHold.lifted_at.is_(None),
        GradingHold.scope == hold.scope,
        GradingHold.course_id.is_not_distinct_from(hold.course_id),
        GradingHold.pset_id.is_not_distinct_from(hold.pset_id),
        GradingHold.user_id.is_not_distinct_from(hold.user_id),
    )
    if (known := session.scalar(same.limit(1))) is not None:
        msg = f"That is held already, by hold {known}. Lift it with: gradecli hold lift {known}"
        raise ConflictError(msg)
    session.add(hold)
    session.flush()
    told = _described(session, [hold])[0]
    detail = {"hold": hold.id, "reason": hold.reason}
    record_action(session, actor, "hold.place", course=course, subject=_subject(told), detail=detail)
    return told


def _member(session: Session, course: Course, email: str) -> User:
    person = session.scalar(
        select(User)
        .join(Enrolment, Enrolment.user_id == User.id)
        .where(Enrolment.course_id == course.id, User.email == email.strip().lower())
    )
    if person is None:
        msg = "Nobody with that e-mail address is in this course. The gradebook lists its students."
        raise NotFoundError(msg)
    return person


def _active(session: Session, which: ColumnElement[bool]) -> tuple[HoldOut, ...]:
    query = select(GradingHold).where(GradingHold.lifted_at.is_(None), which).order_by(GradingHold.id)
    return _described(session, session.scalars(query))


def _described(session: Session, holds: Iterable[GradingHold]) -> tuple[HoldOut, ...]:
    def course(key: int | None) -> str | None:
        return None if key is None else session.get_one(Course, key).name

    def pset(key: int | None) -> str | None:
        return None if key is None else session.get_one(PublishedPset, key).name

    return tuple(
        HoldOut(
            id=hold.id,
            scope=hold.scope,
            course=course(hold.course_id),
            pset=pset(hold.pset_id),
            student=None if hold.user_id is None else session.get_one(User, hold.user_id).email,
            reason=hold.reason,
            placed_by=session.get_one(User, hold.placed_by).name,
            placed_at=hold.placed_at,
            lifted_at=hold.lifted_at,
        )
        for hold in holds
    )


def _subject(hold: HoldOut) -> str:
    match hold.scope:
        case HoldScope.ALL:
            return "all grading"
        case HoldScope.COURSE:
            return f"course {hold.course}"
        case HoldScope.PSET:
            return f"set {hold.pset}"
        case HoldScope.STUDENT:
            return f"student {hold.student}"

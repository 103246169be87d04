"""Who may do what. Every decision about permission is made in this module.

Two rules. What is not yours answers like what does not exist (:class:`NotFoundError`), so nobody
learns what exists by guessing. Where you belong but your role is not enough, you are told so
(:class:`NotAllowedError`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum, auto

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.courses.models import Course, Enrolment, PublishedPset
from api.errors import NotAllowedError, NotFoundError
from api.roles import Role
from api.submissions.models import Submission

__all__ = [
    "Action",
    "Actor",
    "can",
    "enter_course",
    "find_pset",
    "find_submission",
    "require_admin",
    "role_in",
    "sees_everybodys_work",
]


@dataclass(frozen=True, slots=True)
class Actor:
    """The person who is asking, authenticated."""

    id: int
    name: str
    email: str
    is_admin: bool


class Action(StrEnum):
    """What can be done in a course."""

    SEE_COURSE = auto()
    SUBMIT = auto()
    SEE_EVERYBODYS_WORK = auto()
    RETRY_GRADING = auto()
    PUBLISH = auto()
    MANAGE_ROSTER = auto()


_STUDENT = frozenset({Action.SEE_COURSE, Action.SUBMIT})
_GRADER = _STUDENT | {Action.SEE_EVERYBODYS_WORK, Action.RETRY_GRADING}
_INSTRUCTOR = _GRADER | {Action.PUBLISH, Action.MANAGE_ROSTER}

_ALLOWED: dict[Role, frozenset[Action]] = {
    Role.STUDENT: _STUDENT,
    Role.GRADER: _GRADER,
    Role.INSTRUCTOR: _INSTRUCTOR,
}

_REFUSALS: dict[Action, str] = {
    Action.SEE_COURSE: "You are not enrolled in this course. Ask its instructor to add you.",
    Action.SUBMIT: "You cannot submit in this course. Ask its instructor to enrol you.",
    Action.SEE_EVERYBODYS_WORK: "Only graders and instructors of this course can see everybody's work.",
    Action.RETRY_GRADING: "Only graders and instructors of this course can have a submission graded again.",
    Action.PUBLISH: "Only instructors of this course can publish problem sets or set due dates.",
    Action.MANAGE_ROSTER: "Only instructors of this course can change its roster.",
}


def role_in(session: Session, actor: Actor, course: Course) -> Role | None:
    """The actor's role in ``course``; an admin who is not enrolled counts as an instructor."""
    role = session.scalar(
        select(Enrolment.role).where(Enrolment.course_id == course.id, Enrolment.user_id == actor.id)
    )
    return Role.INSTRUCTOR if actor.is_admin else role


def can(session: Session, actor: Actor, course: Course, action: Action) -> bool:
    """Whether the actor may do ``action`` in ``course``."""
    role = role_in(session, actor, course)
    return role is not None and action in _ALLOWED[role]


def enter_course(session: Session, actor: Actor, name: str, action: Action) -> Course:
    """The course called ``name``, for somebody who may do ``action`` there.

    Raises:
        NotFoundError: there is no such course, or the actor does not belong to it.
        NotAllowedError: the actor's role does not include ``action``.
    """
    course = session.scalar(select(Course).where(Course.name == name))
    role = None if course is None else role_in(session, actor, course)
    if course is None or role is None:
        msg = "There is no course of that name among yours. `gradecli psets` lists what you have."
        raise NotFoundError(msg)
    if action not in _ALLOWED[role]:
        raise NotAllowedError(_REFUSALS[action])
    return course


def find_pset(session: Session, course: Course, name: str) -> PublishedPset:
    """The published problem set called ``name`` in a course that the actor has entered.

    Raises:
        NotFoundError: nothing of that name is published.
    """
    pset = session.scalar(
        select(PublishedPset).where(PublishedPset.course_id == course.id, PublishedPset.name == name)
    )
    if pset is None:
        msg = "No problem set of that name is published in this course. `gradecli psets` lists them."
        raise NotFoundError(msg)
    return pset


def find_submission(
    session: Session, actor: Actor, submission_id: str, action: Action = Action.SEE_COURSE
) -> Submission:
    """A submission that the actor may see: their own, or anybody's for staff of its course.

    Raises:
        NotFoundError: there is no such submission, or it is none of the actor's business.
        NotAllowedError: they may see it, but their role does not include ``action``.
    """
    submission = session.get(Submission, submission_id)
    role = None if submission is None else role_in(session, actor, submission.pset.course)
    if submission is None or role is None or not _sees(actor, role, submission):
        msg = "There is no submission of that name among yours. `gradecli scores` lists them."
        raise NotFoundError(msg)
    if action not in _ALLOWED[role]:
        raise NotAllowedError(_REFUSALS[action])
    return submission


def _sees(actor: Actor, role: Role, submission: Submission) -> bool:
    return submission.user_id == actor.id or Action.SEE_EVERYBODYS_WORK in _ALLOWED[role]


def sees_everybodys_work(session: Session, actor: Actor, course: Course) -> bool:
    """Whether lists and reports in ``course`` are complete for this actor."""
    return can(session, actor, course, Action.SEE_EVERYBODYS_WORK)


def require_admin(actor: Actor) -> None:
    """Let only admins pass.

    Raises:
        NotAllowedError: the actor is not one.
    """
    if not actor.is_admin:
        msg = "Only an administrator of this service can do that."
        raise NotAllowedError(msg)

"""Who may do what. Every decision about permission is made here, by the table in :mod:`api.permissions`.

Three rules. What is not yours answers like what does not exist (:class:`NotFoundError`), so nobody
learns what exists by guessing. Where you belong but your role is not enough, you are told so
(:class:`NotAllowedError`). A token narrows: without the scope ``staff`` a grader is a student, and
without ``admin`` an administrator is whatever they are enrolled as.

A grader of one section sees the work of that section's students and of nobody else; every list
that shows people's work is filtered by :func:`is_visible`.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, not_, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session

from api.accounts.models import User
from api.courses.models import Course, Enrolment, PublishedPset
from api.errors import NotAllowedError, NotFoundError
from api.logs import note
from api.permissions import ALLOWED, REFUSALS, Action, scope_for
from api.roles import EVERY_SCOPE, Role, Scope
from api.submissions.models import Submission

__all__ = [
    "Action",
    "Actor",
    "can",
    "enter_course",
    "find_account",
    "find_person",
    "find_pset",
    "find_submission",
    "is_staff_somewhere",
    "is_visible",
    "require_admin",
    "require_scope",
    "role_in",
    "section_seen",
    "sees_everybodys_work",
]


@dataclass(frozen=True, slots=True)
class Actor:
    """The person who is asking, authenticated; ``scopes``: what their token may be used for.

    ``is_admin`` is what the token lets them be, not only what they are. ``token_id`` is the token
    or session they came with.
    """

    id: int
    name: str
    email: str
    is_admin: bool
    scopes: frozenset[Scope] = EVERY_SCOPE
    token_id: int | None = None


@dataclass(frozen=True, slots=True)
class _Standing:
    """What somebody is in one course. ``section``: the only one that they see as a grader."""

    role: Role
    section: str | None = None

    @property
    def sees_all(self) -> bool:
        return Action.SEE_EVERYBODYS_WORK in ALLOWED[self.role] and self.section is None


def _standing(session: Session, actor: Actor, course: Course) -> _Standing | None:
    if actor.is_admin:
        return _Standing(Role.INSTRUCTOR)
    enrolment = session.execute(
        select(Enrolment.role, Enrolment.section).where(
            Enrolment.course_id == course.id, Enrolment.user_id == actor.id
        )
    ).one_or_none()
    if enrolment is None:
        return None
    role, section = enrolment
    return _Standing(role, section if role is Role.GRADER else None)


def _require(actor: Actor, standing: _Standing, action: Action) -> None:
    if action not in ALLOWED[standing.role]:
        raise NotAllowedError(REFUSALS[action])
    require_scope(actor, scope_for(action))


def require_scope(actor: Actor, scope: Scope) -> None:
    """Let only tokens pass that may be used for ``scope``.

    Raises:
        NotAllowedError: the actor's token may not.
    """
    if scope not in actor.scopes:
        msg = (
            f"Your token may not be used for that: it lacks the scope `{scope}`. "
            "Log in again, or make a token that has it on your account's page."
        )
        raise NotAllowedError(msg)


def role_in(session: Session, actor: Actor, course: Course) -> Role | None:
    """The actor's role in ``course``; an admin who is not enrolled counts as an instructor."""
    standing = _standing(session, actor, course)
    return None if standing is None else standing.role


def can(session: Session, actor: Actor, course: Course, action: Action) -> bool:
    """Whether the actor may do ``action`` in ``course``."""
    standing = _standing(session, actor, course)
    return standing is not None and action in ALLOWED[standing.role] and scope_for(action) in actor.scopes


def enter_course(session: Session, actor: Actor, name: str, action: Action) -> Course:
    """The course called ``name``, for somebody who may do ``action`` there.

    Raises:
        NotFoundError: there is no such course, or the actor does not belong to it.
        NotAllowedError: the actor's role, or their token, does not include ``action``.
    """
    course = session.scalar(select(Course).where(Course.name == name))
    standing = None if course is None else _standing(session, actor, course)
    if course is None or standing is None:
        msg = "There is no course of that name among yours. `gradecli psets` lists what you have."
        raise NotFoundError(msg)
    _require(actor, standing, action)
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
    """A submission that the actor may see: their own, or one that staff of its course see.

    Raises:
        NotFoundError: there is no such submission, or it is none of the actor's business.
        NotAllowedError: they may see it, but their role or token does not include ``action``.
    """
    submission = session.get(Submission, submission_id)
    course = None if submission is None else submission.pset.course
    standing = None if course is None else _standing(session, actor, course)
    if (
        submission is None
        or course is None
        or standing is None
        or not session.scalar(
            select(User.id).where(User.id == submission.user_id, is_visible(session, actor, course, User.id))
        )
    ):
        msg = "There is no submission of that name among yours. `gradecli scores` lists them."
        raise NotFoundError(msg)
    note(submission=submission.id)
    _require(actor, standing, action)
    return submission


def find_person(session: Session, actor: Actor, course: Course, user_id: int) -> User:
    """Somebody of a course that the actor has entered, whose work there the actor may see.

    Raises:
        NotFoundError: there is no such person in the course, or none that the actor sees.
    """
    enrolled = select(Enrolment.user_id).where(Enrolment.course_id == course.id)
    handed_in = select(Submission.user_id).where(Submission.pset.has(course_id=course.id))
    person = session.scalar(
        select(User).where(
            User.id == user_id,
            or_(User.id.in_(enrolled), User.id.in_(handed_in)),
            is_visible(session, actor, course, User.id),
        )
    )
    if person is None:
        msg = "There is no such student in this course. The gradebook lists them."
        raise NotFoundError(msg)
    return person


def is_visible(
    session: Session, actor: Actor, course: Course, person: InstrumentedAttribute[int]
) -> ColumnElement[bool]:
    """A condition on the column ``person`` (a user's id): the actor may see their work in ``course``.

    Staff see everybody's; a grader of one section, that of its students; everybody, their own.
    """
    standing = _standing(session, actor, course)
    own = person == actor.id
    if standing is None or not can(session, actor, course, Action.SEE_EVERYBODYS_WORK):
        return own
    if standing.sees_all:
        return true()
    theirs = select(Enrolment.user_id).where(
        Enrolment.course_id == course.id,
        Enrolment.role == Role.STUDENT,
        Enrolment.section == standing.section,
    )
    return or_(own, person.in_(theirs))


def section_seen(session: Session, actor: Actor, course: Course) -> str | None:
    """The one section whose grader the actor is; ``None`` when they are not confined to one."""
    standing = _standing(session, actor, course)
    return None if standing is None else standing.section


def sees_everybodys_work(session: Session, actor: Actor, course: Course) -> bool:
    """Whether reports in ``course`` are complete for this actor.

    Whose reports there are is another question: :func:`is_visible` and :func:`find_submission`.
    """
    return can(session, actor, course, Action.SEE_EVERYBODYS_WORK)


def find_account(session: Session, actor: Actor, email: str) -> User:
    """Somebody whose log-in the actor answers for: anybody for an administrator; for an instructor,
    those who are student or grader in courses of theirs, and nothing in any other.

    So whoever enrols a stranger in their course gains no power over what the stranger has elsewhere.

    Raises:
        NotAllowedError: the actor is no instructor anywhere, or their token may not be used for that.
        NotFoundError: nobody of that address whom they answer for.
    """
    require_scope(actor, Scope.STAFF)
    theirs = select(Enrolment.course_id).where(
        Enrolment.user_id == actor.id, Enrolment.role == Role.INSTRUCTOR
    )
    if not actor.is_admin and session.scalar(theirs.limit(1)) is None:
        msg = "Only instructors and administrators can do that for somebody else."
        raise NotAllowedError(msg)
    query = select(User).where(User.email == email.strip().lower())
    if not actor.is_admin:
        mine = Enrolment.course_id.in_(theirs)
        beyond = select(Enrolment.user_id).where(or_(not_(mine), Enrolment.role == Role.INSTRUCTOR))
        below = select(Enrolment.user_id).where(mine)
        query = query.where(not_(User.is_admin), User.id.in_(below), User.id.not_in(beyond))
    person = session.scalar(query)
    if person is None:
        msg = "There is nobody of that e-mail address whose log-in you may change."
        raise NotFoundError(msg)
    return person


def is_staff_somewhere(session: Session, actor: Actor) -> bool:
    """Whether there is anything that the scope ``staff`` would give this person."""
    staff = select(Enrolment.id).where(Enrolment.user_id == actor.id, Enrolment.role != Role.STUDENT)
    return actor.is_admin or session.scalar(staff.limit(1)) is not None


def require_admin(actor: Actor) -> None:
    """Let only admins pass.

    Raises:
        NotAllowedError: the actor is not one, or their token does not let them be.
    """
    if not actor.is_admin:
        msg = "Only an administrator of this service can do that."
        raise NotAllowedError(msg)

"""Reading scores: a student's own, everybody's, and how one came about."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from api.access import Action, Actor, enter_course, find_person, find_pset, is_visible
from api.accounts.models import User
from api.accounts.schemas import PersonOut
from api.courses.models import Course, Enrolment, PublishedPset
from api.gradebook.models import GradeChange
from api.gradebook.schemas import (
    GradebookCell,
    GradebookOut,
    GradebookPset,
    GradebookRow,
    GradeChangeOut,
    MyScore,
)
from api.operations.audit import record_action
from api.roles import Role
from api.submissions.models import Submission

__all__ = ["export_gradebook", "grade_history", "gradebook", "my_scores", "scores_of"]


def my_scores(session: Session, actor: Actor, course_name: str) -> tuple[MyScore, ...]:
    """The actor's own standing in every published problem set, oldest set first.

    Raises:
        NotFoundError: no such course for this actor.
    """
    course = enter_course(session, actor, course_name, Action.SEE_COURSE)
    psets = _psets(session, course)
    cells = _cells(session, psets, user_id=actor.id)
    empty = GradebookCell(score=None, submission_id=None, attempts=0)
    standing = [(pset, cells.get((pset.id, actor.id), empty)) for pset in psets]
    return tuple(
        MyScore(
            pset=pset.name,
            title=pset.package.title,
            due_at=pset.due_at,
            score=cell.score,
            max_score=pset.package.max_score,
            attempts=cell.attempts,
            best_submission_id=cell.submission_id,
        )
        for pset, cell in standing
    )


def gradebook(
    session: Session, actor: Actor, course_name: str, *, section: str | None = None
) -> GradebookOut:
    """Every student's score in every published problem set, or those of one ``section``.

    A grader of one section gets its students, whatever they ask for.

    Raises:
        NotFoundError: no such course for this actor.
        NotAllowedError: the actor is not staff there.
    """
    course = enter_course(session, actor, course_name, Action.SEE_EVERYBODYS_WORK)
    psets = _psets(session, course)
    cells = _cells(session, psets)
    students = session.execute(
        select(User, Enrolment.section)
        .join(Enrolment, Enrolment.user_id == User.id)
        .where(
            Enrolment.course_id == course.id,
            Enrolment.role == Role.STUDENT,
            is_visible(session, actor, course, User.id),
        )
        .order_by(func.lower(User.name), User.id)
    ).all()
    return GradebookOut(
        psets=tuple(
            GradebookPset(name=pset.name, title=pset.package.title, max_score=pset.package.max_score)
            for pset in psets
        ),
        sections=tuple(sorted({of for _, of in students if of is not None})),
        rows=tuple(
            _row(student, of, psets, cells) for student, of in students if section is None or of == section
        ),
    )


def grade_history(
    session: Session, actor: Actor, course_name: str, pset_name: str, student_id: int
) -> tuple[GradeChangeOut, ...]:
    """How one student's grade in one problem set came about, oldest entry first. For staff.

    Raises:
        NotFoundError: no such course, problem set or student for this actor.
        NotAllowedError: the actor is not staff there.
    """
    course = enter_course(session, actor, course_name, Action.SEE_EVERYBODYS_WORK)
    pset = find_pset(session, course, pset_name)
    find_person(session, actor, course, student_id)
    rows = session.execute(
        select(GradeChange, User.name)
        .outerjoin(User, User.id == GradeChange.actor_id)
        .where(GradeChange.pset_id == pset.id, GradeChange.user_id == student_id)
        .order_by(GradeChange.id)
    )
    return tuple(
        GradeChangeOut(
            at=change.at,
            by=by,
            reason=change.reason,
            before=change.before,
            after=change.after,
            submission_id=change.submission_id,
        )
        for change, by in rows
    )


def export_gradebook(
    session: Session, actor: Actor, course_name: str, *, section: str | None = None
) -> GradebookOut:
    """The gradebook for taking it away, which leaves an entry in the audit trail.

    Raises:
        NotFoundError: no such course for this actor.
        NotAllowedError: the actor is not staff there.
    """
    course = enter_course(session, actor, course_name, Action.SEE_EVERYBODYS_WORK)
    book = gradebook(session, actor, course_name, section=section)
    detail = {"students": len(book.rows)} | ({} if section is None else {"section": section})
    record_action(session, actor, "gradebook.export", course=course, subject=course.name, detail=detail)
    return book


def scores_of(session: Session, actor: Actor, psets: Sequence[PublishedPset]) -> dict[int, float]:
    """The actor's own score in each of ``psets`` that has one, by the set's row id."""
    cells = _cells(session, psets, user_id=actor.id)
    return {pset_id: cell.score for (pset_id, _), cell in cells.items() if cell.score is not None}


def _psets(session: Session, course: Course) -> Sequence[PublishedPset]:
    return session.scalars(
        select(PublishedPset)
        .where(PublishedPset.course_id == course.id)
        .order_by(PublishedPset.published_at, PublishedPset.id)
        .options(joinedload(PublishedPset.package))
    ).all()


def _cells(
    session: Session, psets: Sequence[PublishedPset], *, user_id: int | None = None
) -> dict[tuple[int, int], GradebookCell]:
    """By (set, student): what there is. Two queries, however many students."""
    pset_ids = [pset.id for pset in psets]
    attempts = (
        select(Submission.pset_id, Submission.user_id, func.count())
        .where(Submission.pset_id.in_(pset_ids))
        .group_by(Submission.pset_id, Submission.user_id)
    )
    newest = (
        select(func.max(GradeChange.id))
        .where(GradeChange.pset_id.in_(pset_ids))
        .group_by(GradeChange.pset_id, GradeChange.user_id)
    )
    if user_id is not None:
        attempts = attempts.where(Submission.user_id == user_id)
        newest = newest.where(GradeChange.user_id == user_id)
    grades = {
        (grade.pset_id, grade.user_id): grade
        for grade in session.scalars(select(GradeChange).where(GradeChange.id.in_(newest)))
    }
    counts = {(pset, user): count for pset, user, count in session.execute(attempts)}
    return {
        key: GradebookCell(
            score=grades[key].after if key in grades else None,
            submission_id=grades[key].submission_id if key in grades else None,
            attempts=counts.get(key, 0),
        )
        for key in counts.keys() | grades.keys()
    }


def _row(
    student: User,
    section: str | None,
    psets: Sequence[PublishedPset],
    cells: dict[tuple[int, int], GradebookCell],
) -> GradebookRow:
    mine = {pset.name: cells.get((pset.id, student.id)) for pset in psets}
    return GradebookRow(
        student=PersonOut(id=student.id, name=student.name, email=student.email),
        section=section,
        scores=mine,
        total=sum(cell.score or 0 for cell in mine.values() if cell is not None),
    )

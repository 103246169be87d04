"""Courses and what is published in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from api.access import Action, Actor, enter_course, find_pset, require_admin
from api.courses.models import Course, PackageVersion, PublishedPset
from api.courses.packages import BuiltPackage
from api.courses.schemas import CourseChange, CourseIn, CourseOut, PsetOut
from api.database import now
from api.errors import BadPackageError, ConflictError
from api.gradebook.service import scores_of
from api.operations.audit import record_action
from api.services import Services

__all__ = [
    "Handout",
    "change_course",
    "create_course",
    "describe_pset",
    "list_psets",
    "publish",
    "read_handout",
]


def create_course(session: Session, actor: Actor, course: CourseIn) -> CourseOut:
    """Add a course.

    Raises:
        NotAllowedError: the actor is not an admin.
        ConflictError: the name is taken.
    """
    require_admin(actor)
    if session.scalar(select(Course.id).where(Course.name == course.name)) is not None:
        msg = f"There is already a course called {course.name}. Choose another name."
        raise ConflictError(msg)
    made = Course(name=course.name, title=course.title)
    session.add(made)
    session.flush()
    record_action(
        session, actor, "course.create", course=made, subject=made.name, detail={"title": made.title}
    )
    return CourseOut(name=course.name, title=course.title)


def change_course(session: Session, actor: Actor, course_name: str, change: CourseChange) -> CourseOut:
    """Change how a course works.

    Raises:
        NotFoundError, NotAllowedError: the actor is not an instructor of such a course.
    """
    course = enter_course(session, actor, course_name, Action.RUN_GRADING)
    wanted = change.supersede_queued
    if wanted is not None and wanted != course.supersede_queued:
        course.supersede_queued = wanted
        record_action(
            session,
            actor,
            "course.change",
            course=course,
            subject=f"course {course.name}",
            detail={"supersede_queued": wanted},
        )
    return CourseOut(name=course.name, title=course.title, supersede_queued=course.supersede_queued)


def list_psets(
    session: Session, actor: Actor, course_name: str, *, at: datetime | None = None
) -> tuple[PsetOut, ...]:
    """The published problem sets of a course, oldest first.

    Raises:
        NotFoundError: no such course for this actor.
    """
    course = enter_course(session, actor, course_name, Action.SEE_COURSE)
    psets = session.scalars(
        select(PublishedPset)
        .where(PublishedPset.course_id == course.id)
        .order_by(PublishedPset.published_at, PublishedPset.id)
        .options(joinedload(PublishedPset.package))
    ).all()
    return _describe(session, actor, psets, at or now())


def describe_pset(session: Session, actor: Actor, course_name: str, pset_name: str) -> PsetOut:
    """One published problem set.

    Raises:
        NotFoundError: no such course or problem set for this actor.
    """
    course = enter_course(session, actor, course_name, Action.SEE_COURSE)
    return _describe(session, actor, [find_pset(session, course, pset_name)], now())[0]


def publish(
    services: Services, actor: Actor, course_name: str, pset_name: str, due_at: datetime | None
) -> PsetOut:
    """Show a problem set to a course's students, or change what is shown: version and due date.

    The package's present version is frozen first. What was handed in before keeps being graded by
    the version it was handed in for.

    Raises:
        NotFoundError, NotAllowedError: the actor is not an instructor of such a course.
        BadPackageError: there is no such package on the server, or it has a mistake.
        UnavailableError: it could not be built.
    """
    with services.database.reading() as session:
        enter_course(session, actor, course_name, Action.PUBLISH)
    built = services.packages.build(pset_name)
    _refuse_if_too_slow(built, services.settings.grading_seconds)
    with services.database.writing() as session:
        course = enter_course(session, actor, course_name, Action.PUBLISH)
        pset = session.scalar(
            select(PublishedPset).where(PublishedPset.course_id == course.id, PublishedPset.name == pset_name)
        )
        package = _keep_version(session, built)
        before = None if pset is None else {"digest": pset.package_digest, "due_at": _iso(pset.due_at)}
        if pset is None:
            pset = PublishedPset(course=course, name=pset_name, package=package, due_at=due_at)
            session.add(pset)
        else:
            pset.package = package
            pset.due_at = due_at
        session.flush()
        after = {"digest": package.digest, "due_at": _iso(due_at)}
        detail = {"before": before, "after": after}
        record_action(session, actor, "pset.publish", course=course, subject=pset_name, detail=detail)
        return _describe(session, actor, [pset], now())[0]


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _refuse_if_too_slow(built: BuiltPackage, most: float) -> None:
    """What takes longer to grade than a worker allows would be given up, not graded."""
    asked = built.summary.grading_seconds
    if asked > most:
        msg = (
            f"Grading {built.summary.name} may take {asked} s when every check runs to its limit; this "
            f"service allows {most:g} s. Lower the time limits, or have the operator raise "
            "GRADECLI_GRADING_SECONDS."
        )
        raise BadPackageError(msg)


@dataclass(frozen=True, slots=True)
class Handout:
    """What a student downloads: a zip's bytes and the name to save it under."""

    content: bytes
    file_name: str


def read_handout(
    services: Services, session: Session, actor: Actor, course_name: str, pset_name: str
) -> Handout:
    """The handout of a published problem set.

    Raises:
        NotFoundError: no such course or problem set for this actor.
        StoreError: it was lost from the disk.
    """
    course = enter_course(session, actor, course_name, Action.SEE_COURSE)
    pset = find_pset(session, course, pset_name)
    return Handout(services.store.get(pset.package.handout_sha256), f"{pset.name}.zip")


def _keep_version(session: Session, built: BuiltPackage) -> PackageVersion:
    """The row of a frozen version. The same digest is the same package, so its first row stays."""
    summary = built.summary
    known = session.get(PackageVersion, summary.digest)
    if known is not None:
        # The handout may be built better now from the same package.
        known.handout_sha256 = built.handout_sha256
        return known
    return PackageVersion(
        digest=summary.digest,
        name=summary.name,
        title=summary.title,
        max_score=summary.max_score,
        problems_json=[problem.model_dump(mode="json") for problem in summary.problems],
        handout_sha256=built.handout_sha256,
    )


def _describe(
    session: Session, actor: Actor, psets: Sequence[PublishedPset], at: datetime
) -> tuple[PsetOut, ...]:
    mine = scores_of(session, actor, psets)
    return tuple(
        PsetOut(
            name=pset.name,
            title=pset.package.title,
            digest=pset.package.digest,
            due_at=pset.due_at,
            max_score=pset.package.max_score,
            published_at=pset.published_at,
            accepting=pset.is_open(at),
            problems=pset.package.problems,
            my_score=mine.get(pset.id),
        )
        for pset in psets
    )

"""Which mistakes a class makes: counted over the submission that counts of each student."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api.access import Action, Actor, enter_course, find_pset, is_visible
from api.courses.models import Course, Enrolment, PublishedPset
from api.gradebook.models import GradeChange
from api.gradebook.recording import newest_reports
from api.gradebook.schemas import MistakeCount, MistakesOut, UnnamedError
from api.roles import Role
from grader.diagnosis.clusters import clusters
from grader.report import CheckResult, GradeReport, Visibility

__all__ = ["count_mistakes", "mistakes"]

_MOST_EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class _Failure:
    """A failed hidden check of one submission."""

    submission: str
    problem: str
    check: CheckResult


def mistakes(
    session: Session, actor: Actor, course_name: str, pset_name: str, *, section: str | None = None
) -> MistakesOut:
    """The known mistakes of a set's students, and the unnamed errors that several of them share.

    A grader of one section gets its students' alone, whatever they ask for.

    Raises:
        NotFoundError: no such course or problem set for this actor.
        NotAllowedError: the actor is not staff there.
    """
    course = enter_course(session, actor, course_name, Action.SEE_EVERYBODYS_WORK)
    pset = find_pset(session, course, pset_name)
    counted = _counted(session, actor, course, pset, section)
    reports = newest_reports(session, counted)
    # One after the other: a report is large, and a class has many.
    return count_mistakes(pset.name, ((each, reports[each].report) for each in counted if each in reports))


def count_mistakes(pset: str, reports: Iterable[tuple[str, GradeReport]]) -> MistakesOut:
    """The same from the reports themselves, each with its submission: one for each student."""
    students = 0
    failures: list[_Failure] = []
    for submission, report in reports:
        students += 1
        failures += _failures(submission, report)
    named: dict[tuple[str, str, str], list[_Failure]] = defaultdict(list)
    unnamed: dict[tuple[str, str], list[_Failure]] = defaultdict(list)
    for one in failures:
        if one.check.diagnosis is not None:
            named[one.problem, one.check.name, one.check.diagnosis.mistake].append(one)
        elif one.check.signature:
            unnamed[one.problem, one.check.name].append(one)
    alone, shared = 0, []
    for alike in unnamed.values():
        for cluster in clusters((one, one.check.signature) for one in alike):
            if len(cluster) > 1:
                shared.append(_unnamed(cluster))
            else:
                alone += 1
    return MistakesOut(
        pset=pset,
        students=students,
        mistakes=tuple(sorted(map(_named, named.values()), key=_order)),
        unnamed=tuple(sorted(shared, key=_order)),
        unnamed_alone=alone,
    )


def _counted(
    session: Session, actor: Actor, course: Course, pset: PublishedPset, section: str | None
) -> list[str]:
    """The submission that the grade of each student comes from, the first handed in first."""
    newest = (
        select(func.max(GradeChange.id)).where(GradeChange.pset_id == pset.id).group_by(GradeChange.user_id)
    )
    query = (
        select(GradeChange.submission_id)
        .join(Enrolment, Enrolment.user_id == GradeChange.user_id)
        .where(
            GradeChange.id.in_(newest),
            GradeChange.submission_id.is_not(None),
            Enrolment.course_id == course.id,
            Enrolment.role == Role.STUDENT,
            is_visible(session, actor, course, GradeChange.user_id),
        )
        .order_by(GradeChange.id)
    )
    if section is not None:
        query = query.where(Enrolment.section == section)
    return [each for each in session.scalars(query) if each is not None]


def _failures(submission: str, report: GradeReport) -> Iterator[_Failure]:
    for problem in report.problems:
        for check in problem.checks:
            if check.visibility is Visibility.HIDDEN and (check.diagnosis or check.signature):
                yield _Failure(submission, problem.name, check)


def _named(alike: Sequence[_Failure]) -> MistakeCount:
    first = alike[0]
    diagnosis = first.check.diagnosis
    assert diagnosis is not None
    return MistakeCount(
        problem=first.problem,
        check=first.check.name,
        title=first.check.title,
        mistake=diagnosis.mistake,
        sentence=diagnosis.sentence,
        students=len(alike),
        examples=_examples(alike),
    )


def _unnamed(cluster: Sequence[_Failure]) -> UnnamedError:
    first = cluster[0]
    return UnnamedError(
        problem=first.problem,
        check=first.check.name,
        title=first.check.title,
        message=first.check.message,
        students=len(cluster),
        examples=_examples(cluster),
    )


def _examples(alike: Sequence[_Failure]) -> tuple[str, ...]:
    return tuple(one.submission for one in alike[:_MOST_EXAMPLES])


def _order(row: MistakeCount | UnnamedError) -> tuple[int, str, str]:
    return -row.students, row.problem, row.check

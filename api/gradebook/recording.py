"""Writing a verdict down: the report, and the grade that follows from it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api.gradebook.models import GradeChange, GradeReportRow
from api.gradebook.policy import GradedAttempt, best_attempt
from api.submissions.models import Submission
from grader.report import GradeReport, Measurement, Verdict

__all__ = ["Regrading", "current_grade", "newest_reports", "record_report", "why_unusable"]


_LONGEST_REASON = 500
_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Regrading:
    """The regrade that a report comes from, and who applied it."""

    id: int
    reason: str
    actor_id: int


def why_unusable(report: GradeReport, submission: Submission, max_score: float) -> str | None:
    """Why a report must not become a grade, for staff; ``None`` when it may.

    A check that broke inside the platform makes the whole report unusable: it would cost points
    for something that is not the student's. ``max_score`` is that of the package which graded.
    """
    if report.submission_digest != submission.digest:
        return f"the report is about {report.submission_digest}, the submission is {submission.digest}"
    if not (math.isfinite(report.score) and 0 <= report.score <= report.max_score):
        return f"the score {report.score} is not between 0 and {report.max_score}"
    if not math.isclose(report.max_score, max_score):
        return f"the report is out of {report.max_score}, the package out of {max_score}"
    broken = [
        f"{problem.name}/{check.name}: {check.detail or check.message}"
        for problem in report.problems
        for check in problem.checks
        if check.verdict is Verdict.INTERNAL_ERROR
    ]
    return "checks broke inside the platform:\n" + "\n".join(broken) if broken else None


def record_report(
    session: Session,
    submission: Submission,
    report: GradeReport,
    *,
    lease: int,
    worker: str,
    seconds: float | None = None,
    measurements: Mapping[str, Measurement] = MappingProxyType({}),
    regrade: Regrading | None = None,
) -> None:
    """Keep ``report``, and change the student's grade if another attempt is now their best.

    ``seconds``: from the lease to now; ``measurements``: time and memory by problem.
    The report must be usable (:func:`why_unusable`).
    """
    session.add(
        GradeReportRow(
            submission_id=submission.id,
            lease=lease,
            worker=worker,
            score=report.score,
            max_score=report.max_score,
            report_json=report.model_dump_json(),
            seconds=seconds,
            measurements_json=[
                {"problem": problem, **used.model_dump(exclude_none=True)}
                for problem, used in measurements.items()
            ],
            backend=report.environment.backend[:40],
            runtimes="+".join(sorted({problem.runtime for problem in report.problems}))[:100],
            regrade_id=None if regrade is None else regrade.id,
        )
    )
    session.flush()
    best = best_attempt(_graded_attempts(session, submission.pset_id, submission.user_id))
    grade = current_grade(session, submission.pset_id, submission.user_id)
    before = None if grade is None else grade.after
    if best is None or best.score == before:
        return
    reason = f"attempt {submission.attempt} was graded; attempt {best.attempt} is the best"
    if regrade is not None:
        told = f"regrade {regrade.id} of attempt {submission.attempt}: {regrade.reason}"
        reason = f"{told}; attempt {best.attempt} is the best"
    session.add(
        GradeChange(
            pset_id=submission.pset_id,
            user_id=submission.user_id,
            actor_id=None if regrade is None else regrade.actor_id,
            submission_id=best.submission_id,
            reason=reason[:_LONGEST_REASON],
            before=before,
            after=best.score,
        )
    )


def newest_reports(session: Session, submission_ids: Sequence[str]) -> dict[str, GradeReportRow]:
    """The report that counts of each graded submission."""
    found: dict[str, GradeReportRow] = {}
    for start in range(0, len(submission_ids), _AT_ONCE):
        some = submission_ids[start : start + _AT_ONCE]
        newest = (
            select(func.max(GradeReportRow.id))
            .where(GradeReportRow.submission_id.in_(some))
            .group_by(GradeReportRow.submission_id)
        )
        rows = session.scalars(select(GradeReportRow).where(GradeReportRow.id.in_(newest)))
        found |= {row.submission_id: row for row in rows}
    return found


def current_grade(session: Session, pset_id: int, user_id: int) -> GradeChange | None:
    """The newest entry of a student's grade history in one problem set."""
    return session.scalar(
        select(GradeChange)
        .where(GradeChange.pset_id == pset_id, GradeChange.user_id == user_id)
        .order_by(GradeChange.id.desc())
        .limit(1)
    )


def _graded_attempts(session: Session, pset_id: int, user_id: int) -> list[GradedAttempt]:
    """Each graded attempt with the score of its newest report."""
    newest = (
        select(func.max(GradeReportRow.id))
        .join(Submission, Submission.id == GradeReportRow.submission_id)
        .where(Submission.pset_id == pset_id, Submission.user_id == user_id)
        .group_by(GradeReportRow.submission_id)
    )
    rows = session.execute(
        select(Submission.id, Submission.attempt, GradeReportRow.score)
        .join(GradeReportRow, GradeReportRow.submission_id == Submission.id)
        .where(GradeReportRow.id.in_(newest))
    )
    return [GradedAttempt(submission_id, attempt, score) for submission_id, attempt, score in rows]

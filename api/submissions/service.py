"""Looking at submissions: one, many, their files, their reports."""

from __future__ import annotations

import math
from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from api.access import (
    Action,
    Actor,
    enter_course,
    find_pset,
    find_submission,
    is_visible,
    sees_everybodys_work,
)
from api.errors import ConflictError, NotGradedError, RemovedError
from api.gradebook.models import GradeReportRow
from api.jobs.forecast import Estimate, Outlook, look_ahead
from api.jobs.interventions import take_back
from api.jobs.models import JobState
from api.operations.audit import record_action
from api.regrading.told import regrades_of
from api.services import Services
from api.submissions.models import Submission
from api.submissions.receipts import Receipt, sign, verify
from api.submissions.schemas import EstimateOut, ReceiptOut, StudentOut, SubmissionOut
from api.submissions.states import STATES
from api.submissions.uploads import UploadedFile
from grader.report import GradeReport, Measurement

__all__ = [
    "check_receipt",
    "describe",
    "describe_all",
    "estimate_out",
    "list_submissions",
    "measurements_of",
    "read_files",
    "read_receipt",
    "read_report",
    "receipt_of",
    "retry_grading",
    "student_report",
]

_EVERYTHING = (
    joinedload(Submission.pset),
    joinedload(Submission.user),
    joinedload(Submission.package),
    joinedload(Submission.job),
)


def describe(session: Session, actor: Actor, submission_id: str) -> SubmissionOut:
    """One submission that the actor may see.

    Raises:
        NotFoundError: there is none.
    """
    return describe_all(session, [find_submission(session, actor, submission_id)])[0]


def list_submissions(
    session: Session,
    actor: Actor,
    course_name: str,
    *,
    pset: str | None = None,
    student: int | None = None,
    limit: int = 200,
) -> tuple[SubmissionOut, ...]:
    """The newest submissions of a course, newest first: students see only their own, graders
    of a section those of its students.

    Raises:
        NotFoundError: there is no such course or problem set for this actor.
    """
    course = enter_course(session, actor, course_name, Action.SEE_COURSE)
    query = select(Submission).join(Submission.pset).where(Submission.pset.has(course_id=course.id))
    if pset is not None:
        query = query.where(Submission.pset_id == find_pset(session, course, pset).id)
    query = query.where(is_visible(session, actor, course, Submission.user_id))
    if student is not None:
        query = query.where(Submission.user_id == student)
    newest_first = query.order_by(Submission.received_at.desc(), Submission.id).limit(limit)
    return describe_all(session, session.scalars(newest_first.options(*_EVERYTHING)).all())


def describe_all(session: Session, submissions: Sequence[Submission]) -> tuple[SubmissionOut, ...]:
    """Submissions that the caller has already found visible, in the same order."""
    scores = _scores(session, [submission.id for submission in submissions])
    regrades = regrades_of(session, [submission.id for submission in submissions])
    somebody_waits = any(submission.job.seen_state is JobState.QUEUED for submission in submissions)
    outlook = look_ahead(session) if somebody_waits else Outlook(waiting=())
    return tuple(
        SubmissionOut(
            id=submission.id,
            course=submission.pset.course.name,
            pset=submission.pset.name,
            student=StudentOut(id=submission.user.id, name=submission.user.name),
            attempt=submission.attempt,
            digest=submission.digest,
            received_at=submission.received_at,
            state=STATES[submission.job.seen_state],
            score=scores.get(submission.id),
            max_score=submission.package.max_score,
            queue_position=outlook.position(submission.job.id),
            estimate=estimate_out(outlook.estimate(submission.job.id)),
            paused=submission.job.id in outlook.held,
            quarantined=submission.quarantined_at is not None,
            regrades=regrades.get(submission.id, ()),
        )
        for submission in submissions
    )


def estimate_out(estimate: Estimate | None) -> EstimateOut | None:
    """The estimate in whole seconds: lower ends rounded down, upper ones up."""
    if estimate is None:
        return None
    return EstimateOut(
        start_low=math.floor(estimate.start_low),
        start_high=math.ceil(estimate.start_high),
        finish_low=math.floor(estimate.finish_low),
        finish_high=math.ceil(estimate.finish_high),
    )


def _scores(session: Session, submission_ids: Sequence[str]) -> dict[str, float]:
    """Each graded submission's score: the newest report counts."""
    newest = (
        select(func.max(GradeReportRow.id))
        .where(GradeReportRow.submission_id.in_(submission_ids))
        .group_by(GradeReportRow.submission_id)
    )
    rows = select(GradeReportRow.submission_id, GradeReportRow.score).where(GradeReportRow.id.in_(newest))
    return dict(session.execute(rows).all())


def read_report(session: Session, actor: Actor, submission_id: str) -> GradeReport:
    """The newest report: complete for staff of the course, the student's copy for the student.

    Raises:
        NotFoundError: no such submission for this actor.
        NotGradedError: it has no report yet.
    """
    submission = find_submission(session, actor, submission_id)
    report = _newest_report(session, submission_id)
    if report is None:
        msg = "This submission is not graded yet. `gradecli feedback` shows its report when it is."
        raise NotGradedError(msg)
    return report if sees_everybodys_work(session, actor, submission.pset.course) else report.for_student()


def student_report(session: Session, submission_id: str) -> GradeReport | None:
    """The newest report as its student sees it. The caller has found the submission visible."""
    report = _newest_report(session, submission_id)
    return None if report is None else report.for_student()


def measurements_of(session: Session, submission_id: str) -> dict[str, Measurement]:
    """What each problem used in the newest grading, for staff. The caller has found it visible."""
    row = _newest_row(session, submission_id)
    return {} if row is None else row.measurements


def _newest_report(session: Session, submission_id: str) -> GradeReport | None:
    row = _newest_row(session, submission_id)
    return None if row is None else row.report


def _newest_row(session: Session, submission_id: str) -> GradeReportRow | None:
    return session.scalar(
        select(GradeReportRow)
        .where(GradeReportRow.submission_id == submission_id)
        .order_by(GradeReportRow.id.desc())
        .limit(1)
    )


def read_files(
    services: Services, session: Session, actor: Actor, submission_id: str
) -> tuple[UploadedFile, ...]:
    """The files of a submission, as they arrived. In quarantine they are for instructors only.

    Raises:
        NotFoundError: no such submission for this actor.
        NotAllowedError: it is in quarantine, and the actor is no instructor.
        RemovedError: they were removed under the course's retention rule.
        StoreError: a file was lost from the disk.
    """
    submission = find_submission(session, actor, submission_id)
    if submission.quarantined_at is not None:
        find_submission(session, actor, submission_id, Action.RUN_GRADING)
    if submission.files_removed_at is not None:
        raise RemovedError("The files of this submission were", submission.files_removed_at)
    return tuple(
        UploadedFile(name=f"{file.problem}.py", content=services.store.get(file.sha256))
        for file in submission.files
    )


def retry_grading(session: Session, actor: Actor, submission_id: str) -> None:
    """Grade a submission after all: the platform failed and gave it up, or it was superseded.

    Raises:
        NotFoundError, NotAllowedError: the actor is not staff of its course.
        ConflictError: it is neither, or in quarantine.
        RemovedError: its files were removed under the course's retention rule.
    """
    submission = find_submission(session, actor, submission_id, Action.RETRY_GRADING)
    if submission.quarantined_at is not None:
        msg = "This submission is in quarantine. Lift that first: gradecli quarantine SUBMISSION --lift"
        raise ConflictError(msg)
    if submission.files_removed_at is not None:
        raise RemovedError(
            "The files of this submission were", submission.files_removed_at, then="It cannot be graded."
        )
    state = submission.job.state
    if not take_back(session, submission_id):
        msg = "This submission was neither given up nor superseded: it is graded, or will be soon."
        raise ConflictError(msg)
    record_action(
        session,
        actor,
        "submission.retry",
        course=submission.pset.course,
        subject=f"submission {submission.id}",
        detail={"was": STATES[state]},
    )


def receipt_of(submission: Submission, email: str) -> Receipt:
    """What the receipt of a submission says; the same for the same submission."""
    return Receipt(
        submission=submission.id,
        course=submission.pset.course.name,
        pset=submission.pset.name,
        student=email,
        attempt=submission.attempt,
        digest=submission.digest,
        received_at=submission.received_at,
    )


def read_receipt(services: Services, session: Session, actor: Actor, submission_id: str) -> str:
    """The signed receipt of a submission, once more.

    Raises:
        NotFoundError: no such submission for this actor.
    """
    submission = find_submission(session, actor, submission_id)
    return sign(receipt_of(submission, submission.user.email), services.keys.receipts)


def check_receipt(services: Services, session: Session, text: str) -> ReceiptOut:
    """Whether ``text`` is a receipt that this service gave, and what it says."""
    receipt = verify(text, services.keys.receipts)
    if receipt is None:
        return ReceiptOut(valid=False, message="This is not a receipt from here, or it was changed.")
    submission = session.get(Submission, receipt.submission)
    recorded = submission is not None and submission.digest == receipt.digest
    message = (
        "This receipt is genuine, and the submission is recorded."
        if recorded
        else "This receipt is genuine, but the submission is not in the database: tell the operator."
    )
    return ReceiptOut(valid=True, message=message, recorded=recorded, **receipt.model_dump())

"""Asking for a regrade, applying its preview, and discarding it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.access import Action, Actor, enter_course, find_pset, find_submission, is_visible
from api.courses.models import Course, PackageVersion, PublishedPset
from api.database import now
from api.errors import ConflictError, InvalidRequestError, NotFoundError, RemovedError
from api.gradebook.models import GradeReportRow
from api.gradebook.recording import Regrading, newest_reports, record_report
from api.jobs.models import GradingJob, JobState
from api.operations.audit import record_action
from api.regrading.finding import describe_regrade, find_regrade, stale_items
from api.regrading.items import fail_item, settle
from api.regrading.models import ItemState, Regrade, RegradeItem, RegradeKind, RegradeState
from api.regrading.queue import free_jobs, start_rerun
from api.regrading.schemas import RegradeIn, RegradeOut
from api.services import Services
from api.submissions.models import Submission
from grader.report import GradeReport

__all__ = ["apply_regrade", "discard_regrade", "request_regrade"]


def request_regrade(
    session: Session, actor: Actor, course_name: str, pset_name: str, wanted: RegradeIn
) -> RegradeOut:
    """Grade submissions of a set again. Nothing changes a grade before the preview is applied.

    Raises:
        NotFoundError: there is no such course, set, submission or package version for this actor.
        NotAllowedError: the actor's role is not enough.
        InvalidRequestError: nothing that was asked for is graded.
        RemovedError: the files of all that was asked for were removed, so nothing can be graded again.
    """
    action = Action.RETRY_GRADING if wanted.submission is not None else Action.REGRADE
    course = enter_course(session, actor, course_name, action)
    pset = find_pset(session, course, pset_name)
    package = _package(session, pset, wanted.package)
    submissions = _chosen(session, actor, course, pset, wanted)
    newest = newest_reports(session, [submission.id for submission in submissions])
    graded = [submission for submission in submissions if submission.id in newest]
    if not graded:
        msg = "Nothing of what you named is graded yet, so there is nothing to grade again."
        raise InvalidRequestError(msg)
    _require_files(graded)
    regrade = Regrade(
        pset_id=pset.id,
        kind=wanted.kind,
        package_digest=package.digest,
        reason=wanted.reason.strip(),
        requested_by=actor.id,
        state=RegradeState.QUEUED if wanted.kind is RegradeKind.REPLAY else RegradeState.RUNNING,
    )
    session.add(regrade)
    session.flush()
    for submission in graded:
        report = newest[submission.id]
        item = RegradeItem(
            regrade_id=regrade.id,
            submission_id=submission.id,
            before_report_id=report.id,
            before=report.score,
            state=ItemState.WAITING,
        )
        session.add(item)
        if submission.files_removed_at is not None:
            fail_item(item, f"{_removed(submission.files_removed_at)}; it keeps the score it has")
        elif wanted.kind is RegradeKind.RERUN:
            start_rerun(session, item, "asked for")
    record_action(
        session,
        actor,
        "regrade.request",
        course=course,
        subject=f"regrade {regrade.id} of {pset.name}",
        detail={"kind": wanted.kind, "submissions": len(graded), "reason": regrade.reason},
    )
    settle(session, regrade.id)
    session.refresh(regrade)
    return describe_regrade(session, regrade, is_visible(session, actor, course, Submission.user_id))


def _require_files(submissions: list[Submission]) -> None:
    """Refuse where no submission has its files: there is nothing to replay, and nothing to run."""
    removed = [one.files_removed_at for one in submissions if one.files_removed_at is not None]
    if len(removed) == len(submissions):
        which = "The files of this submission were" if len(removed) == 1 else "The files of all these were"
        raise RemovedError(which, max(removed), then="They cannot be graded again, and keep their scores.")


def _removed(on: datetime) -> str:
    return f"its files were removed under the course's retention rule on {on:%Y-%m-%d}"


def apply_regrade(
    services: Services, actor: Actor, course_name: str, pset_name: str, regrade_id: int
) -> RegradeOut:
    """Let the preview's reports count. Each submission is one transaction; what was applied already, by a
    call that was cut off, stays and is not applied twice.

    Raises:
        NotFoundError, NotAllowedError: the regrade is not the actor's to decide on.
        ConflictError: it is not ready, was discarded, or is out of date.
    """
    with services.database.writing() as session:
        regrade, seen = find_regrade(session, actor, course_name, pset_name, regrade_id, Action.REGRADE)
        if regrade.state is RegradeState.APPLIED:
            return describe_regrade(session, regrade, seen)
        _require_ready(regrade)
        stale = stale_items(session, regrade)
        if stale:
            msg = (
                f"This preview is out of date: {len(stale)} of its submissions were graded otherwise since "
                f"({', '.join(stale[:5])}). Discard it and ask for another."
            )
            raise ConflictError(msg)
        items = list(
            session.scalars(
                select(RegradeItem.submission_id)
                .where(RegradeItem.regrade_id == regrade.id, RegradeItem.state == ItemState.SCORED)
                .order_by(RegradeItem.submission_id)
            )
        )
        record_action(
            session,
            actor,
            "regrade.apply",
            course=session.get_one(PublishedPset, regrade.pset_id).course,
            subject=f"regrade {regrade.id} of {pset_name}",
            detail={"submissions": len(items), "reason": regrade.reason},
        )
    for submission_id in items:
        with services.database.writing() as session:
            _apply_one(session, actor, regrade_id, submission_id)
    with services.database.writing() as session:
        regrade, seen = find_regrade(session, actor, course_name, pset_name, regrade_id, Action.REGRADE)
        if regrade.state is RegradeState.READY:
            regrade.state = RegradeState.APPLIED
            regrade.closed_by, regrade.closed_at = actor.id, now()
        return describe_regrade(session, regrade, seen)


def discard_regrade(
    session: Session, actor: Actor, course_name: str, pset_name: str, regrade_id: int
) -> RegradeOut:
    """Leave every grade as it is, and stop whatever still waits.

    Raises:
        NotFoundError, NotAllowedError: the regrade is not the actor's to decide on.
        ConflictError: it is applied, if only in part.
    """
    regrade, seen = find_regrade(session, actor, course_name, pset_name, regrade_id, Action.REGRADE)
    begun = session.scalar(select(GradeReportRow.id).where(GradeReportRow.regrade_id == regrade.id).limit(1))
    if regrade.state is RegradeState.APPLIED or begun is not None:
        msg = "This regrade is applied, at least in part, and its grades are in the history. Ask for another."
        raise ConflictError(msg)
    if regrade.state is not RegradeState.DISCARDED:
        regrade.state = RegradeState.DISCARDED
        regrade.lease_owner = regrade.lease_expires_at = None
        regrade.closed_by, regrade.closed_at = actor.id, now()
        free_jobs(session, regrade.id)
    record_action(
        session,
        actor,
        "regrade.discard",
        course=session.get_one(PublishedPset, regrade.pset_id).course,
        subject=f"regrade {regrade.id} of {pset_name}",
    )
    session.flush()
    return describe_regrade(session, regrade, seen)


def _require_ready(regrade: Regrade) -> None:
    told = {
        RegradeState.QUEUED: "This regrade has not begun. Wait until its preview is ready.",
        RegradeState.RUNNING: "This regrade is still being worked on. Wait until its preview is ready.",
        RegradeState.DISCARDED: "This regrade was discarded. Ask for another.",
        RegradeState.FAILED: "This regrade failed and changed nothing. Mend what it names and ask again.",
    }
    if regrade.state in told:
        raise ConflictError(told[regrade.state])


def _apply_one(session: Session, actor: Actor, regrade_id: int, submission_id: str) -> None:
    """One submission's new report, grade and history, all or nothing; nothing where it is there already."""
    regrade = session.get_one(Regrade, regrade_id, with_for_update=True)
    item = session.get_one(RegradeItem, (regrade_id, submission_id))
    counts = newest_reports(session, [submission_id])[submission_id]
    if regrade.state is not RegradeState.READY or counts.id != item.before_report_id or not item.report_json:
        return
    report = GradeReport.model_validate_json(item.report_json)
    if report == counts.report:
        return
    submission = session.get_one(Submission, submission_id)
    record_report(
        session,
        submission,
        report,
        lease=submission.job.lease,
        worker=f"regrade {regrade_id}",
        regrade=Regrading(regrade.id, regrade.reason, actor.id),
    )


def _package(session: Session, pset: PublishedPset, wanted: str) -> PackageVersion:
    if wanted == "published":
        return pset.package
    package = session.scalar(
        select(PackageVersion).where(PackageVersion.digest == wanted, PackageVersion.name == pset.name)
    )
    if package is None:
        msg = f"There is no version of {pset.name} with that digest. Publish it first."
        raise NotFoundError(msg)
    return package


def _chosen(
    session: Session, actor: Actor, course: Course, pset: PublishedPset, wanted: RegradeIn
) -> list[Submission]:
    if wanted.submission is not None:
        submission = find_submission(session, actor, wanted.submission, Action.RETRY_GRADING)
        if submission.pset_id != pset.id:
            msg = f"That submission is not one to {pset.name}."
            raise NotFoundError(msg)
        return [] if submission.quarantined_at is not None else [submission]
    query = (
        select(Submission)
        .join(GradingJob, GradingJob.submission_id == Submission.id)
        .where(
            Submission.pset_id == pset.id,
            Submission.quarantined_at.is_(None),
            GradingJob.state == JobState.DONE,
            is_visible(session, actor, course, Submission.user_id),
        )
        .order_by(Submission.received_at, Submission.id)
    )
    if wanted.students is not None:
        query = query.where(Submission.user_id.in_(wanted.students))
    return list(session.scalars(query))

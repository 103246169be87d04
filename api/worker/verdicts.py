"""Writing down what a try at grading came to: the verdict and the end of its job, or the failure."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.courses.models import PackageVersion
from api.database import Database
from api.errors import DatabaseAwayError, LeaseLostError
from api.gradebook.recording import record_report, why_unusable
from api.jobs.models import FailureKind, GradingJob, JobState
from api.jobs.queue import Lease, complete, fail, release
from api.jobs.retrying import RetryPolicy
from api.regrading.items import end_rerun
from api.regrading.models import Regrade, Transcript
from api.submissions.models import Submission
from api.worker.patience import patiently
from grader import GradeReport
from grader.report import Measurement

__all__ = ["Failure", "Graded", "KeptTranscript", "Verdicts", "grading_package"]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class KeptTranscript:
    """A transcript's place in the store."""

    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Graded:
    """A grading that came to an end: its report, and what it took."""

    report: GradeReport
    seconds: float
    measurements: dict[str, Measurement]
    transcript: KeptTranscript | None


@dataclass(frozen=True, slots=True)
class Failure:
    """The platform failed: what staff should see, and whether trying again can help."""

    detail: str
    kind: FailureKind = FailureKind.FAILED
    retriable: bool = True


class Verdicts:
    """Writes for one worker. Whatever is written is written under the lease, or not at all."""

    def __init__(self, database: Database, policy: RetryPolicy, *, worker: str) -> None:
        self._database = database
        self._policy = policy
        self._worker = worker

    def write(self, lease: Lease, outcome: Graded | Failure) -> None:
        """Write ``outcome``, waiting for a database that is away.

        Raises:
            LeaseLostError: the job is no longer ours; nothing was written.
            DatabaseAwayError: it was away for too long.
        """
        tries = 0

        def write() -> None:
            nonlocal tries
            tries += 1
            try:
                self._write_now(lease, outcome)
            except LeaseLostError:
                # The connection may have broken when all was committed, before we were told.
                if tries == 1 or not self._was_written(lease):
                    raise

        patiently(write)

    def hand_back(self, lease: Lease) -> None:
        """Let another worker have the job, untried."""
        try:
            with self._database.writing() as session:
                release(session, lease)
        except LeaseLostError as error:
            log.warning("%s", error)
        except DatabaseAwayError as error:
            log.warning("the lease runs out by itself: %s", error.evidence)

    def _was_written(self, lease: Lease) -> bool:
        ours = (GradingJob.id == lease.job_id, GradingJob.lease == lease.number)
        with self._database.reading() as session:
            return session.scalar(select(GradingJob.state).where(*ours)) is JobState.DONE

    def _write_now(self, lease: Lease, outcome: Graded | Failure) -> None:
        """One transaction: the report, the grade and the end of the job, or the failure.

        Raises:
            LeaseLostError: the job is no longer ours; nothing was written.
            DatabaseAwayError: the database is away; whether it was written, nobody knows.
        """
        with self._database.writing() as session:
            if isinstance(outcome, Graded):
                reason = self._record(session, lease, outcome)
                if reason is None:
                    return
                outcome = Failure(reason)
            state = fail(
                session, lease, outcome.detail, self._policy, kind=outcome.kind, retriable=outcome.retriable
            )
        log.error("grading submission %s failed, now %s: %s", lease.submission_id, state, outcome.detail)

    def _record(self, session: Session, lease: Lease, outcome: Graded) -> str | None:
        """Write a verdict down, or return why it cannot be one."""
        submission = session.get_one(Submission, lease.submission_id)
        package = grading_package(session, submission)
        reason = why_unusable(outcome.report, submission, package.max_score)
        if reason is not None:
            return reason
        complete(session, lease)
        if outcome.transcript is not None:
            session.add(
                Transcript(
                    submission_id=submission.id,
                    lease=lease.number,
                    package_digest=package.digest,
                    environment_digest=outcome.report.environment.digest,
                    sha256=outcome.transcript.sha256,
                    size=outcome.transcript.size,
                )
            )
        if submission.job.regrade_id is not None:
            end_rerun(session, submission.job, outcome.report)
            return None
        record_report(
            session,
            submission,
            outcome.report,
            lease=lease.number,
            worker=self._worker,
            seconds=outcome.seconds,
            measurements=outcome.measurements,
        )
        return None


def grading_package(session: Session, submission: Submission) -> PackageVersion:
    """The version that grades: the submission's own, or that of the regrade it is run again for."""
    if submission.job.regrade_id is None:
        return submission.package
    digest = session.get_one(Regrade, submission.job.regrade_id).package_digest
    return session.get_one(PackageVersion, digest)

"""The worker's loop: lease, grade, write down."""

from __future__ import annotations

import logging
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.courses.models import PackageVersion
from api.database import now
from api.errors import DatabaseAwayError, LeaseLostError, NoRoomError, StoreError
from api.gradebook.recording import record_report, why_unusable
from api.jobs.models import GradingJob, JobState
from api.jobs.queue import (
    Lease,
    RetryPolicy,
    complete,
    fail,
    has_work,
    lease_next,
    prune_progress,
    reclaim_expired,
    release,
)
from api.logs import about
from api.regrading.items import end_rerun
from api.regrading.models import Regrade, Transcript
from api.services import Services
from api.submissions.models import Submission
from api.worker.grading import ChildReplayer, Grader, Replayer, Work
from api.worker.keeper import LeaseKeeper
from api.worker.patience import patiently
from api.worker.regrading import RegradeStep
from grader import GradeReport, GradingFailedError, instance_key
from grader.report import Measurement

__all__ = ["Worker"]

_IDLE_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 5.0
_TIDY_EVERY_SECONDS = 600.0
_LARGEST_TRANSCRIPT = 128 * 2**20

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Graded:
    """A grading that came to an end: its report, and what it took."""

    report: GradeReport
    seconds: float
    measurements: dict[str, Measurement]
    transcript: _Kept | None


@dataclass(frozen=True, slots=True)
class _Kept:
    """A transcript's place in the store."""

    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class _Failure:
    """The platform failed: what staff should see, and whether trying again can help."""

    detail: str
    retriable: bool


class Worker:
    """Grades one submission after the other until ``stop`` is set.

    It may be killed at any moment: its lease runs out, and another worker grades the submission.
    """

    def __init__(
        self,
        services: Services,
        grader: Grader,
        *,
        name: str,
        stop: threading.Event,
        replayer: Replayer | None = None,
        sweep: Callable[[], None] = lambda: None,
    ) -> None:
        """``sweep`` removes what killed workers left on this machine; called now and then."""
        self._sweep = sweep
        self._services = services
        self._database = services.database
        self._grader = grader
        self._name = name
        self._stop = stop
        self._progress_kept = timedelta(days=services.settings.retention_progress_days)
        self._regrades = RegradeStep(services, replayer or ChildReplayer(services.settings), name=name)
        self._turn_began = time.monotonic()
        self._lease_seconds = services.settings.lease_seconds
        self._policy = RetryPolicy(
            tries=services.settings.grading_tries,
            pause_seconds=services.settings.retry_seconds,
            lease_seconds=services.settings.lease_seconds,
        )

    def run(self) -> None:
        """Grade until told to stop, and tidy up between submissions however many wait."""
        tidy_at = time.monotonic()
        pause = _IDLE_SECONDS
        while not self._stop.is_set():
            self._turn_began = time.monotonic()
            try:
                if time.monotonic() >= tidy_at:
                    self._tidy_up()
                    tidy_at = time.monotonic() + _TIDY_EVERY_SECONDS
                worked = self.grade_one() or self.work_on_regrade()
                pause = _IDLE_SECONDS
            except DatabaseAwayError:
                # Those with a verdict in hand ask more often: theirs is written before we take theirs on.
                worked, pause = False, min(pause * 2, _LONGEST_PAUSE_SECONDS)
            if not worked:
                self._stop.wait(pause)

    def _tidy_up(self) -> None:
        self._sweep()
        with self._database.writing() as session:
            prune_progress(session, before=now() - self._progress_kept)

    def work_on_regrade(self) -> bool:
        """Replay a batch of the next regrade's submissions. False when none waits."""
        return self._regrades.work()

    def seconds_in_turn(self) -> float:
        """For how long the loop has been at the same thing: one submission, or looking for one."""
        return time.monotonic() - self._turn_began

    def grade_one(self) -> bool:
        """Grade the next submission. False when none waits."""
        lease = self._take()
        if lease is None:
            return False
        with about(submission=lease.submission_id, job=lease.job_id, lease=lease.number, worker=self._name):
            self._grade_leased(lease)
        return True

    def _grade_leased(self, lease: Lease) -> None:
        log.info("grading submission %s (lease %d)", lease.submission_id, lease.number)
        try:
            with LeaseKeeper(self._database, lease, seconds=self._lease_seconds) as keeper:
                outcome = self._grade(lease, keeper)
            self._write_down(lease, outcome)
        except LeaseLostError as error:
            log.warning("a verdict was refused: %s", error)
        except DatabaseAwayError as error:
            reason = error.evidence
            log.warning("submission %s will be graded again: no database. %s", lease.submission_id, reason)
        except Exception:
            log.exception("the verdict on submission %s could not be written", lease.submission_id)
            self._write_down(lease, _Failure(traceback.format_exc(), retriable=True))
        except BaseException:
            log.info("handing submission %s back: this worker was told to stop", lease.submission_id)
            self._hand_back(lease)
            raise

    def _take(self) -> Lease | None:
        with self._database.reading() as session:
            if not has_work(session, self._policy):
                return None
        with self._database.writing() as session:
            reclaim_expired(session, self._policy)
            return lease_next(session, self._name, seconds=self._lease_seconds, policy=self._policy)

    def _grade(self, lease: Lease, keeper: LeaseKeeper) -> _Graded | _Failure:
        """The report, or what went wrong. Nothing gets out as an exception but an order to stop, and
        that there was no database to read the submission from."""
        began = time.monotonic()
        used: dict[str, Measurement] = {}
        try:
            with self._services.store.staging_folder() as folder:
                work = patiently(lambda: self._read_work(lease, folder / "transcript"))
                report = self._grader(work, keeper.show, used.__setitem__)
                seconds = time.monotonic() - began
                return _Graded(report, seconds, used, self._kept(folder / "transcript"))
        except GradingFailedError as error:
            return _Failure(str(error), retriable=error.retriable)
        except DatabaseAwayError:
            raise
        except Exception:
            return _Failure(traceback.format_exc(), retriable=True)

    def _kept(self, path: Path) -> _Kept | None:
        """Put a transcript into the store, before any row names it. A verdict does not wait for one: a
        submission without a transcript is run again when it is regraded."""
        try:
            if not path.exists() or path.stat().st_size > _LARGEST_TRANSCRIPT:
                return None
            content = path.read_bytes()
            return _Kept(self._services.store.put(content), len(content))
        except (OSError, StoreError, NoRoomError):
            log.exception("the transcript could not be kept")
            return None

    def _read_work(self, lease: Lease, transcript: Path) -> Work:
        with self._database.reading() as session:
            return self._work(session, lease, transcript)

    def _work(self, session: Session, lease: Lease, transcript: Path) -> Work:
        submission = session.get_one(Submission, lease.submission_id)
        store = self._services.store
        secret = self._services.keys.course_secret(submission.pset.course.name)
        return Work(
            package=store.package(_package_for(session, submission).digest),
            files={file.problem: store.get(file.sha256) for file in submission.files},
            key=instance_key(secret, submission.digest),
            seeds_of=store.package(submission.package_digest),
            transcript=transcript,
        )

    def _write_down(self, lease: Lease, outcome: _Graded | _Failure) -> None:
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

    def _was_written(self, lease: Lease) -> bool:
        ours = (GradingJob.id == lease.job_id, GradingJob.lease == lease.number)
        with self._database.reading() as session:
            return session.scalar(select(GradingJob.state).where(*ours)) is JobState.DONE

    def _write_now(self, lease: Lease, outcome: _Graded | _Failure) -> None:
        """One transaction: the report, the grade and the end of the job, or the failure.

        Raises:
            LeaseLostError: the job is no longer ours; nothing was written.
            DatabaseAwayError: the database is away; whether it was written, nobody knows.
        """
        with self._database.writing() as session:
            if isinstance(outcome, _Graded):
                reason = self._record(session, lease, outcome)
                if reason is None:
                    return
                outcome = _Failure(reason, retriable=True)
            state = fail(session, lease, outcome.detail, self._policy, retriable=outcome.retriable)
        log.error("grading submission %s failed, now %s: %s", lease.submission_id, state, outcome.detail)

    def _record(self, session: Session, lease: Lease, outcome: _Graded) -> str | None:
        """Write a verdict down, or return why it cannot be one."""
        submission = session.get_one(Submission, lease.submission_id)
        package = _package_for(session, submission)
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
            worker=self._name,
            seconds=outcome.seconds,
            measurements=outcome.measurements,
        )
        return None

    def _hand_back(self, lease: Lease) -> None:
        try:
            with self._database.writing() as session:
                release(session, lease)
        except LeaseLostError as error:
            log.warning("%s", error)
        except DatabaseAwayError as error:
            log.warning("the lease runs out by itself: %s", error.evidence)


def _package_for(session: Session, submission: Submission) -> PackageVersion:
    """The version that grades: the submission's own, or that of the regrade it is run again for."""
    if submission.job.regrade_id is None:
        return submission.package
    digest = session.get_one(Regrade, submission.job.regrade_id).package_digest
    return session.get_one(PackageVersion, digest)

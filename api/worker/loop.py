"""The worker's loop: lease, grade, write down."""

from __future__ import annotations

import logging
import threading
import time
import traceback
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from sqlalchemy.orm import Session

from api.database import now
from api.errors import DatabaseAwayError, LeaseLostError, NoRoomError, StoreError
from api.jobs.models import FailureKind
from api.jobs.queue import Lease, has_work, lease_next, prune_progress, reclaim_expired
from api.jobs.retrying import RetryPolicy
from api.logs import about
from api.services import Services
from api.submissions.models import Submission
from api.worker.grading import ChildReplayer, Grader, Replayer, Work
from api.worker.keeper import LeaseKeeper
from api.worker.patience import Pauses, patiently
from api.worker.regrading import RegradeStep
from api.worker.verdicts import Failure, Graded, KeptTranscript, Verdicts, grading_package
from grader import GradingFailedError, OutageError, instance_key
from grader.report import Measurement

__all__ = ["Worker"]

_IDLE_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 5.0
_LONGEST_OUTAGE_PAUSE_SECONDS = 30.0
_TIDY_EVERY_SECONDS = 600.0
_LARGEST_TRANSCRIPT = 128 * 2**20

log = logging.getLogger(__name__)


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
            outage_seconds=services.settings.outage_hours * 3600,
        )
        self._verdicts = Verdicts(self._database, self._policy, worker=name)
        self._outage = Pauses(services.settings.retry_seconds, _LONGEST_OUTAGE_PAUSE_SECONDS)

    def run(self) -> None:
        """Grade until told to stop, and tidy up between submissions however many wait."""
        tidy_at = time.monotonic()
        away = Pauses(2 * _IDLE_SECONDS, _LONGEST_PAUSE_SECONDS)
        while not self._stop.is_set():
            self._turn_began = time.monotonic()
            try:
                if time.monotonic() >= tidy_at:
                    self._tidy_up()
                    tidy_at = time.monotonic() + _TIDY_EVERY_SECONDS
                worked = self.grade_one() or self.work_on_regrade()
                away.begin_again()
                pause = 0.0 if worked else _IDLE_SECONDS
            except DatabaseAwayError:
                # Those with a verdict in hand ask more often: theirs is written before we take theirs on.
                pause = away.next()
            if pause:
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
        outcome: Graded | Failure | None = None
        log.info("grading submission %s (lease %d)", lease.submission_id, lease.number)
        try:
            with LeaseKeeper(self._database, lease, seconds=self._lease_seconds) as keeper:
                outcome = self._grade(lease, keeper)
            self._verdicts.write(lease, outcome)
        except LeaseLostError as error:
            log.warning("a verdict was refused: %s", error)
        except DatabaseAwayError as error:
            reason = error.evidence
            log.warning("submission %s will be graded again: no database. %s", lease.submission_id, reason)
        except Exception:
            log.exception("the verdict on submission %s could not be written", lease.submission_id)
            self._verdicts.write(lease, Failure(traceback.format_exc()))
        except BaseException:
            log.info("handing submission %s back: this worker was told to stop", lease.submission_id)
            self._verdicts.hand_back(lease)
            raise
        if isinstance(outcome, Failure) and outcome.kind is FailureKind.OUTAGE:
            self._wait_in_outage()
        else:
            self._outage.begin_again()

    def _wait_in_outage(self) -> None:
        """Leave the queue alone for a while: what waits there would meet the same outage, one by one."""
        pause = self._outage.next()
        log.warning("what grading needs is away: trying again in %g s", pause)
        self._stop.wait(pause)

    def _take(self) -> Lease | None:
        with self._database.reading() as session:
            if not has_work(session, self._policy):
                return None
        with self._database.writing() as session:
            reclaim_expired(session, self._policy)
            return lease_next(session, self._name, seconds=self._lease_seconds, policy=self._policy)

    def _grade(self, lease: Lease, keeper: LeaseKeeper) -> Graded | Failure:
        """The report, or what went wrong. Nothing gets out as an exception but an order to stop, and
        that there was no database to read the submission from."""
        began = time.monotonic()
        used: dict[str, Measurement] = {}
        try:
            with self._services.store.staging_folder() as folder:
                work = patiently(lambda: self._read_work(lease, folder / "transcript"))
                report = self._grader(work, keeper.show, used.__setitem__)
                seconds = time.monotonic() - began
                return Graded(report, seconds, used, self._kept(folder / "transcript"))
        except OutageError as error:
            return Failure(str(error), FailureKind.OUTAGE)
        except GradingFailedError as error:
            return Failure(str(error), retriable=error.retriable)
        except DatabaseAwayError:
            raise
        except (OSError, NoRoomError):  # the store, or no process to be had: nothing of the submission's
            return Failure(traceback.format_exc(), FailureKind.OUTAGE)
        except Exception:
            return Failure(traceback.format_exc())

    def _kept(self, path: Path) -> KeptTranscript | None:
        """Put a transcript into the store, before any row names it. A verdict does not wait for one: a
        submission without a transcript is run again when it is regraded."""
        try:
            if not path.exists() or path.stat().st_size > _LARGEST_TRANSCRIPT:
                return None
            content = path.read_bytes()
            return KeptTranscript(self._services.store.put(content), len(content))
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
            package=store.package(grading_package(session, submission).digest),
            files={file.problem: store.get(file.sha256) for file in submission.files},
            key=instance_key(secret, submission.digest),
            seeds_of=store.package(submission.package_digest),
            transcript=transcript,
        )

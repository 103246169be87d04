"""Working on regrades, when no submission waits for its first verdict: replay in batches, and run again
only what its transcript cannot answer."""

from __future__ import annotations

import logging
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from api.courses.models import PackageVersion
from api.errors import LeaseLostError, StoreError
from api.gradebook.recording import why_unusable
from api.regrading.items import fail_item, score_item, settle, waiting_items
from api.regrading.models import ItemState, Regrade, RegradeItem, Transcript
from api.regrading.queue import (
    RegradeLease,
    fail_regrade,
    has_regrade,
    hold,
    lease_regrade,
    release_regrade,
    start_rerun,
)
from api.services import Services
from api.submissions.models import Submission
from api.worker.grading import Replayer
from grader import GradingFailedError
from grader.replaying import ReplayItem, ReplayOutcome

__all__ = ["RegradeStep"]

_BATCH = 100
"""Submissions between two looks at the queue: first gradings do not wait longer than these take."""

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Batch:
    """What one child is to replay; ``refused`` are those it cannot be given, with the reason."""

    package: Path
    items: list[ReplayItem] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    gone: dict[str, str] = field(default_factory=dict)


class RegradeStep:
    """One worker's part in regrades."""

    def __init__(self, services: Services, replayer: Replayer, *, name: str) -> None:
        self._services, self._database = services, services.database
        self._replayer, self._name = replayer, name
        self._lease_seconds = services.settings.lease_seconds
        self._tries = services.settings.grading_tries

    def work(self) -> bool:
        """Replay the next batch of the next regrade. False when none waits."""
        with self._database.reading() as session:
            if not has_regrade(session):
                return False
        with self._database.writing() as session:
            lease = lease_regrade(session, self._name, seconds=self._lease_seconds)
        if lease is None:
            return False
        try:
            with self._kept(lease), self._services.store.staging_folder() as folder:
                self._replay(lease, folder)
        except LeaseLostError as error:
            log.warning("%s", error)
        except Exception:
            log.exception("regrade %d could not be written down", lease.regrade_id)
            self._give_back(lease, traceback.format_exc())
        return True

    def _give_back(self, lease: RegradeLease, detail: str) -> None:
        try:
            with self._database.writing() as session:
                fail_regrade(session, lease, detail, tries=self._tries, retriable=True)
        except LeaseLostError as error:
            log.warning("%s", error)
        except SQLAlchemyError:
            log.exception("regrade %d begins again when its lease has run out", lease.regrade_id)

    def _replay(self, lease: RegradeLease, folder: Path) -> None:
        outcomes: dict[str, ReplayOutcome] = {}
        failure: GradingFailedError | None = None
        batch: _Batch | None = None
        try:
            with self._database.reading() as session:
                batch = self._batch(session, lease, folder)
            if batch.items:
                self._replayer(batch.package, batch.items, lambda one: outcomes.update({one.name: one}))
        except GradingFailedError as error:
            failure = error
        except Exception:
            failure = GradingFailedError(traceback.format_exc())
        with self._database.writing() as session:
            if failure is not None and (batch is None or not failure.retriable):
                fail_regrade(session, lease, str(failure), tries=self._tries, retriable=failure.retriable)
                return
            assert batch is not None
            if failure is not None:  # what was told stands, and the one after it is run again
                stopped = next((item.name for item in batch.items if item.name not in outcomes), None)
                if stopped is not None:
                    batch.refused[stopped] = f"its replay broke off: {failure}"
            regrade = hold(session, lease)
            self._write_down(session, regrade, batch, outcomes)
            settle(session, regrade.id)
            if failure is not None:
                log.error("replaying for regrade %d broke off: %s", regrade.id, failure)
        with self._database.writing() as session:
            try:
                release_regrade(session, lease)
            except LeaseLostError:
                return  # it is ready, and waits for no worker

    def _batch(self, session: Session, lease: RegradeLease, folder: Path) -> _Batch:
        store = self._services.store
        regrade = session.get_one(Regrade, lease.regrade_id)
        batch = _Batch(store.package(regrade.package_digest))
        for item in waiting_items(session, regrade.id, _BATCH):
            submission = session.get_one(Submission, item.submission_id)
            if submission.files_removed_at is not None:
                batch.gone[submission.id] = "its files were removed since; it keeps the score it has"
                continue
            transcript = session.scalar(
                select(Transcript)
                .where(Transcript.submission_id == submission.id, Transcript.removed_at.is_(None))
                .order_by(Transcript.id.desc())
                .limit(1)
            )
            if transcript is None:
                batch.refused[submission.id] = "nothing was recorded when it was graded"
                continue
            path = folder / submission.id
            try:
                path.write_bytes(store.get(transcript.sha256))
            except StoreError as error:
                batch.refused[submission.id] = str(error)
                continue
            files = {file.problem: store.get(file.sha256) for file in submission.files}
            batch.items.append(ReplayItem(submission.id, files, path))
        return batch

    def _write_down(
        self, session: Session, regrade: Regrade, batch: _Batch, outcomes: dict[str, ReplayOutcome]
    ) -> None:
        max_score = session.get_one(PackageVersion, regrade.package_digest).max_score
        for submission_id in {*outcomes, *batch.refused, *batch.gone}:
            item = session.get_one(RegradeItem, (regrade.id, submission_id))
            if item.state is not ItemState.WAITING:
                continue
            outcome = outcomes.get(submission_id)
            if submission_id in batch.gone:
                fail_item(item, batch.gone[submission_id])
            elif outcome is None or outcome.report is None:
                start_rerun(
                    session, item, batch.refused.get(submission_id) or (outcome.why if outcome else "")
                )
            else:
                submission = session.get_one(Submission, submission_id)
                unusable = why_unusable(outcome.report, submission, max_score)
                if unusable is None:
                    score_item(session, item, outcome.report)
                else:
                    fail_item(item, unusable)

    @contextmanager
    def _kept(self, lease: RegradeLease) -> Iterator[None]:
        """Renew the lease for as long as the block lasts."""
        stop = threading.Event()

        def renew() -> None:
            while not stop.wait(self._lease_seconds / 3):
                try:
                    with self._database.writing() as session:
                        hold(session, lease, seconds=self._lease_seconds)
                except LeaseLostError:
                    return
                except SQLAlchemyError:
                    log.exception("the database did not take a heartbeat; trying again")

        thread = threading.Thread(target=copy_context().run, args=(renew,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

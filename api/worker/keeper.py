"""Keeping a lease alive while a submission is graded, and passing on what there is to show."""

from __future__ import annotations

import logging
import threading
import time
from contextvars import copy_context
from types import TracebackType

from sqlalchemy.exc import SQLAlchemyError

from api.database import Database
from api.errors import DatabaseAwayError, LeaseLostError
from api.jobs.models import ProgressEvent
from api.jobs.queue import Lease, add_progress, renew
from api.submissions.schemas import CheckEvent, StateEvent, SubmissionState
from grader import EventKind, GradeEvent

__all__ = ["LeaseKeeper"]

_FLUSH_SECONDS = 0.1
_AWAY_SECONDS = 0.5

log = logging.getLogger(__name__)


class LeaseKeeper:
    """A thread that renews one lease and writes progress down, for as long as its block lasts.

    Progress is advice: when it cannot be written, grading goes on. A lost lease is noticed for
    good when the verdict is refused.
    """

    def __init__(self, database: Database, lease: Lease, *, seconds: float) -> None:
        self._database = database
        self._lease = lease
        self._seconds = seconds
        self._waiting: list[ProgressEvent] = []
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=copy_context().run, args=(self._run,), name=f"lease {lease.job_id}", daemon=True
        )

    def show(self, event: GradeEvent) -> None:
        """Pass ``event`` on to whoever watches. Returns at once."""
        with self._lock:
            self._waiting.append(_as_progress(event, self._lease))

    def __enter__(self) -> LeaseKeeper:
        self._thread.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        renew_at = time.monotonic() + self._seconds / 3
        while True:
            ending = self._stop.wait(_FLUSH_SECONDS)
            try:
                self._flush()
                if time.monotonic() >= renew_at:
                    with self._database.writing_beside() as session:
                        renew(session, self._lease, seconds=self._seconds)
                    renew_at = time.monotonic() + self._seconds / 3
            except LeaseLostError as error:
                log.warning("%s", error)
                return
            except DatabaseAwayError:
                # The database has said so in the log, once. What was to be shown is lost, no more.
                ending = ending or self._stop.wait(_AWAY_SECONDS)
            except SQLAlchemyError:
                log.exception("the database did not take progress or a heartbeat; trying again")
            if ending:
                return

    def _flush(self) -> None:
        with self._lock:
            events, self._waiting = self._waiting, []
        if events:
            with self._database.writing_beside() as session:
                add_progress(session, self._lease, events)


def _as_progress(event: GradeEvent, lease: Lease) -> ProgressEvent:
    """The grader's event as the stream shows it; what it holds is the student's copy already."""
    match event.kind, event.check:
        case EventKind.CHECK_FINISHED, check if check is not None:
            kind = "check"
            data = CheckEvent(
                problem=event.problem, index=event.index + 1, total=event.total, check=check.for_student()
            ).model_dump_json()
        case _:
            kind = "state"
            data = StateEvent(
                state=SubmissionState.RUNNING, problem=event.problem, index=event.index, total=event.total
            ).model_dump_json()
    return ProgressEvent(job_id=lease.job_id, kind=kind, data=data)

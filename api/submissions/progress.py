"""Watching a submission while it is graded: what to say next, as events.

Events cross from the worker to the web process through the database. A watcher asks for what is
new in short reading transactions of its own, so a stream holds neither a thread nor a connection.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from fastapi.concurrency import run_in_threadpool
from fastapi.sse import ServerSentEvent
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.access import Actor, find_submission
from api.errors import DatabaseAwayError, TooManyError
from api.jobs.forecast import Estimate, Forecaster
from api.jobs.models import GradingJob, JobState, ProgressEvent
from api.services import Services
from api.submissions import waiting
from api.submissions.schemas import CheckEvent, IncidentEvent, StateEvent, SubmissionState
from api.submissions.service import estimate_out, student_report
from api.submissions.states import STATES
from grader.report import GradeReport

__all__ = ["GIVEN_UP", "Watchers", "event_number", "progress_so_far", "require_visible", "watch"]

GIVEN_UP = (
    "Something broke on our side while grading this submission, several times. It cost you nothing: "
    "it is recorded with its time, the course staff can see it, and it will be graded when they have "
    "fixed it. You do not need to submit again."
)
_ENDS = {
    SubmissionState.SUPERSEDED: waiting.SUPERSEDED,
    SubmissionState.QUARANTINED: waiting.QUARANTINED,
}
"""States in which there is nothing more to wait for, and what they mean."""
_STARTS_AGAIN = "Something broke on our side. Grading starts again by itself; this costs you nothing."

_FAST = 0.1
_SLOW = 1.0
_LONGEST_SECONDS = 900.0
_MOST_FOR_ONE_PERSON = 10
_LONGEST_NUMBER = 18


@dataclass(slots=True)
class Watchers:
    """How many streams each person has open in this process."""

    _open: Counter[int] = field(default_factory=Counter)
    closing: bool = False
    """The process is about to end: streams end too, and their watchers ask the next process."""
    forecaster: Forecaster = field(default_factory=Forecaster)

    @contextmanager
    def admit(self, actor: Actor) -> Iterator[None]:
        """Count one more stream until the block ends.

        Raises:
            TooManyError: the person has too many open already.
        """
        if self._open[actor.id] >= _MOST_FOR_ONE_PERSON:
            msg = "You are watching many submissions at once. Close some of these pages or commands."
            raise TooManyError(msg)
        self._open[actor.id] += 1
        try:
            yield
        finally:
            self._open[actor.id] -= 1


@dataclass(frozen=True, slots=True)
class _Look:
    """What one short transaction saw."""

    state: JobState
    lease: int
    events: tuple[ProgressEvent, ...] = ()
    report: GradeReport | None = None
    queue_position: int | None = None
    estimate: Estimate | None = None
    paused: bool = False

    @property
    def waiting(self) -> StateEvent:
        """What to say while it waits."""
        return StateEvent(
            state=SubmissionState.QUEUED,
            queue_position=self.queue_position,
            estimate=estimate_out(self.estimate),
            paused=self.paused,
            message=waiting.queue_sentence(self.queue_position, self.estimate, paused=self.paused),
        )


def require_visible(services: Services, actor: Actor, submission_id: str) -> None:
    """Check that the actor may watch a submission, before a stream begins.

    Raises:
        NotFoundError: no such submission for this actor.
    """
    with services.database.reading() as session:
        find_submission(session, actor, submission_id)


def progress_so_far(session: Session, actor: Actor, submission_id: str) -> tuple[CheckEvent, ...]:
    """The checks that have ended in the grading under way: for pages that cannot follow a stream.

    Raises:
        NotFoundError: no such submission for this actor.
    """
    submission = find_submission(session, actor, submission_id)
    events = _events(session, submission.job, 0)
    return tuple(CheckEvent.model_validate_json(event.data) for event in events if event.kind == "check")


def event_number(text: str) -> int:
    """The number that a ``Last-Event-ID`` header holds; 0, for all events, when it holds none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER else 0


async def watch(
    services: Services, watchers: Watchers, submission_id: str, *, after: int = 0
) -> AsyncIterator[ServerSentEvent]:
    """The events of a submission that the caller has found visible, until it is graded or given up.

    Args:
        after: number of the last event that the watcher has seen; 0 for all.

    Begins with a ``state``, ends with ``report``, with ``incident``, or with a ``state`` from which
    grading does not go on; or silently after a quarter of an hour: the watcher then asks again with
    the last number.
    """
    previous: _Look | None = None
    ends_at = asyncio.get_running_loop().time() + _LONGEST_SECONDS
    while not watchers.closing and asyncio.get_running_loop().time() < ends_at:
        try:
            look = await run_in_threadpool(_look, services, watchers.forecaster, submission_id, after)
        except DatabaseAwayError:
            await asyncio.sleep(_SLOW)
            continue
        for state in _news(previous, look):
            yield _event("state", state)
        for event in look.events:
            after = event.id
            yield ServerSentEvent(event=event.kind, raw_data=event.data, id=str(event.id))
        if look.state is JobState.DONE and look.report is not None:
            yield _event("report", look.report)
            return
        if look.state is JobState.PARKED:
            yield _event("incident", IncidentEvent(message=GIVEN_UP))
            return
        if STATES[look.state] in _ENDS:
            return
        previous = look
        far = look.paused or (look.queue_position is not None and look.queue_position > 2)
        await asyncio.sleep(_SLOW if far else _FAST)


def _look(services: Services, forecaster: Forecaster, submission_id: str, after: int) -> _Look:
    with services.database.reading() as session:
        job = session.scalars(select(GradingJob).where(GradingJob.submission_id == submission_id)).one()
        look = _Look(
            state=job.seen_state,
            lease=job.lease,
            events=tuple(_events(session, job, after)),
            report=student_report(session, submission_id) if job.seen_state is JobState.DONE else None,
        )
    if look.state is not JobState.QUEUED:
        return look
    outlook = forecaster.outlook(services.database, job.id)
    return replace(
        look,
        queue_position=outlook.position(job.id),
        estimate=outlook.estimate(job.id),
        paused=job.id in outlook.held,
    )


def _events(session: Session, job: GradingJob, after: int) -> Iterator[ProgressEvent]:
    yield from session.scalars(
        select(ProgressEvent)
        .where(ProgressEvent.job_id == job.id, ProgressEvent.id > after)
        .order_by(ProgressEvent.id)
    )


def _news(previous: _Look | None, look: _Look) -> Iterator[StateEvent]:
    """What to say about the state itself, as far as it is new."""
    again = StateEvent(state=SubmissionState.QUEUED, message=_STARTS_AGAIN)
    if look.state is JobState.QUEUED:
        said = None if previous is None or previous.state is not JobState.QUEUED else previous.waiting
        if said is None and look.lease > 0:
            yield again.model_copy(update={"queue_position": look.queue_position})
        elif said is None or _differs(said, look.waiting):
            yield look.waiting
        return
    if previous is not None and previous.state is JobState.RUNNING and previous.lease != look.lease:
        # It went back to the queue and out again between two looks.
        yield again
    if previous is None or (previous.state, previous.lease) != (look.state, look.lease):
        state = STATES[look.state]
        yield StateEvent(state=state, message=_ENDS.get(state, ""))


def _differs(said: StateEvent, now: StateEvent) -> bool:
    """Whether a reader would see a difference: not for every second that an estimate moves."""
    return (said.queue_position, said.message) != (now.queue_position, now.message)


def _event(kind: str, data: BaseModel) -> ServerSentEvent:
    return ServerSentEvent(event=kind, raw_data=data.model_dump_json())

"""Watches a submission being graded, through broken connections, to its report."""

from __future__ import annotations

import time

from gradecli import messages
from gradecli.client import CourseService
from gradecli.errors import IncidentError, NotGradedError, UnreachableError
from gradecli.payloads import NOT_GRADED, CheckEvent, IncidentEvent, Report, ReportEvent, StateEvent
from gradecli.terminal import LiveLine

__all__ = ["follow"]

_LONGEST_SILENCE = 30.0  # seconds without any sign of the server before we stop asking
_PAUSE = 1.0


def follow(
    service: CourseService,
    submission_id: str,
    line: LiveLine,
) -> Report:
    """Show the submission's progress on ``line`` until it is graded.

    Raises:
        IncidentError: the platform could not grade it.
        NotGradedError: it is not to be graded.
        UnreachableError: the server has been silent for half a minute.
        RefusedError: the server does not know the submission (any more).
    """
    last_sign = time.monotonic()
    while True:
        try:
            for event in service.events(submission_id):
                last_sign = time.monotonic()
                if isinstance(event, ReportEvent):
                    return event.report
                if isinstance(event, IncidentEvent):
                    raise IncidentError(messages.incident(event.message))
                if isinstance(event, StateEvent) and event.is_final:
                    raise NotGradedError(event.message or messages.stays_ungraded(event.state))
                _tell(line, event)
        except UnreachableError as error:
            if time.monotonic() - last_sign > _LONGEST_SILENCE:
                raise
            line.show(messages.looking_for_server())
            report = _ask_once(service, submission_id, error)
            if report is not None:
                return report
        time.sleep(_PAUSE)


def _ask_once(service: CourseService, submission_id: str, error: UnreachableError) -> Report | None:
    """The report, if there is one by now: some networks let no stream of events through."""
    try:
        state = service.submission(submission_id).state
        if state == "graded":
            return service.report(submission_id)
    except UnreachableError:
        return None
    if state == "failed":
        raise IncidentError(messages.incident("")) from error
    if state in NOT_GRADED:
        raise NotGradedError(messages.stays_ungraded(state)) from error
    return None


def _tell(line: LiveLine, event: StateEvent | CheckEvent) -> None:
    if isinstance(event, CheckEvent):
        line.show_in_passing(messages.grading_check(event.problem, event.index, event.total))
    elif event.message:
        line.show(event.message)
    elif event.state == "queued":
        line.show(messages.waiting(event.queue_position))
    else:
        line.show(messages.grading(event.problem, event.index, event.total))

"""Hands in a submission: kept on disk, sent once, followed to its report."""

from __future__ import annotations

from gradecli import messages
from gradecli.client import CourseService
from gradecli.errors import (
    IncidentError,
    NotGradedError,
    NotLoggedInError,
    PlatformError,
    RefusedError,
    UnreachableError,
)
from gradecli.following import follow
from gradecli.home import Home
from gradecli.outbox import Addressee, KeptSubmission, Outbox
from gradecli.payloads import Report
from gradecli.terminal import live_line, note

__all__ = ["hand_in"]

_TOO_MANY_REQUESTS = 429


def hand_in(service: CourseService, home: Home, addressee: Addressee, files: dict[str, bytes]) -> Report:
    """Send ``files`` and wait for the report; take up a submission of the same files that was cut short.

    However often this is interrupted and run again, the same files make one submission until
    that one is graded.

    Raises:
        PlatformError: the server could not be reached, went away, or failed to grade. The message
            says what became of the submission.
        RefusedError: the server will not take it.
        NotGradedError: it was taken, and is not to be graded.
    """
    outbox = Outbox(home.outbox)
    kept = _taken_up(outbox, addressee, files)
    resumed = kept is not None
    kept = kept or outbox.keep(addressee, files)
    sent_id = kept.submission_id or _send(service, home, outbox, kept, resumed=resumed)
    try:
        with live_line() as line:
            report = follow(service, sent_id, line)
    except KeyboardInterrupt:
        note(messages.stopped_watching(addressee.pset, sent_id))
        raise
    except UnreachableError as error:
        raise PlatformError(messages.lost_sight(addressee.pset, sent_id)) from error
    except (IncidentError, NotGradedError, RefusedError):
        outbox.discard(kept)  # this one is over: the next run sends anew
        raise
    outbox.discard(kept)
    return report


def _taken_up(outbox: Outbox, addressee: Addressee, files: dict[str, bytes]) -> KeptSubmission | None:
    kept = outbox.kept(addressee)
    if kept is None:
        return None
    since = messages.moment(kept.first_tried_at)
    if kept.files != files:
        note(messages.newer_files(since))
        return None
    note(
        messages.resuming_sent(kept.submission_id) if kept.submission_id else messages.resuming_unsent(since)
    )
    return kept


def _send(service: CourseService, home: Home, outbox: Outbox, kept: KeptSubmission, *, resumed: bool) -> str:
    to = kept.addressee
    try:
        received = service.submit(to.course, to.pset, kept.files, key=kept.key)
    except KeyboardInterrupt:
        note(messages.stopped_before_sent(to.pset))
        raise
    except UnreachableError as error:
        explain = messages.maybe_received if error.may_have_arrived else messages.kept_for_later
        raise PlatformError(explain(to.pset, str(error))) from error
    except NotLoggedInError as error:
        raise NotLoggedInError(messages.kept_until_login(to.pset, str(error))) from error
    except RefusedError as error:
        raise _refused(outbox, kept, error, resumed=resumed) from error
    receipt = home.save_receipt(
        to.course, to.pset, received.id, received.model_dump_json(indent=2).encode() + b"\n"
    )
    # Only now: until the receipt is safe, a second run must ask the server for it again.
    outbox.mark_received(kept, received.id)
    note(messages.received(received.attempt, to.pset, messages.moment(received.received_at), received.id))
    note(messages.receipt_saved(receipt))
    return received.id


def _refused(outbox: Outbox, kept: KeptSubmission, error: RefusedError, *, resumed: bool) -> RefusedError:
    """What to tell, and what to keep, when the server says no.

    Too many submissions passes. Past due, for one first tried while the server could not take it,
    is for people to settle. In both cases the copy stays.
    """
    pset = kept.addressee.pset
    if error.status == _TOO_MANY_REQUESTS:
        message = messages.kept_for_later(pset, str(error))
    elif error.code == "past_due" and resumed:
        since = messages.moment(kept.first_tried_at)
        message = messages.refused_but_kept(pset, str(error), outbox.path(kept.addressee), since)
    else:
        outbox.discard(kept)
        return error
    return RefusedError(message, code=error.code, status=error.status)

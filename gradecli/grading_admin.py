"""What staff do about grading: holds, quarantine, the queue and what was given up, a course's settings."""

from __future__ import annotations

from datetime import UTC, datetime

from gradecli import messages
from gradecli.errors import BadInputError
from gradecli.payloads import Hold, Operations, QueuedJob
from gradecli.session import open_session
from gradecli.terminal import Styled, note, one_line, say, say_indented, table

__all__ = [
    "change_course",
    "course_queue",
    "lift_hold",
    "lift_quarantine",
    "list_holds",
    "place_hold",
    "quarantine",
    "show_holds",
    "show_queue",
]


def change_course(name: str, *, supersede: bool) -> None:
    """Say whether a new attempt replaces the student's waiting one."""
    with open_session() as session:
        changed = session.service.change_course(name, supersede_queued=supersede)
    if changed.supersede_queued:
        say(f"In {changed.name}, a new attempt replaces the student's earlier one while that waits.")
    else:
        say(f"In {changed.name}, every attempt is graded.")


def place_hold(
    *, reason: str, pset: str | None, student: str | None, course: str | None, everything: bool
) -> None:
    """Hold the grading of a course, or of a part of it, or of the whole service."""
    if everything and (pset or student or course):
        raise BadInputError("--all holds every course: leave out --course, --pset and --student.")
    if pset and student:
        raise BadInputError("Name a set or a student, not both.")
    with open_session() as session:
        if everything:
            hold = session.service.hold_everything(reason)
        else:
            hold = session.service.hold(session.course(course), reason=reason, pset=pset, student=student)
    say(f"Held: {_what(hold)} (hold {hold.id}). What is handed in waits; what runs now finishes.")
    say(f"To let grading go on: gradecli hold lift {hold.id}")


def lift_hold(number: int) -> None:
    with open_session() as session:
        hold = session.service.lift_hold(number)
    say(f"Grading goes on: {_what(hold)}.")


def list_holds(course: str | None, *, everything: bool) -> tuple[Hold, ...]:
    """What is held in the course now, or anywhere."""
    with open_session() as session:
        return session.service.holds(None if everything else session.course(course))


def show_holds(holds: tuple[Hold, ...]) -> None:
    if not holds:
        note("Nothing is held.")
        return
    now = datetime.now(UTC)
    rows: list[list[str | Styled]] = [
        [str(hold.id), _what(hold), _ago(hold.placed_at, now), hold.placed_by, one_line(hold.reason)]
        for hold in holds
    ]
    table(["hold", "what", "since", "by", "why"], rows, numbers=[0])


def quarantine(submission_id: str, reason: str) -> None:
    with open_session() as session:
        session.service.quarantine(submission_id, reason)
    say(f"Submission {submission_id} is set aside: not graded, and its files are for instructors only.")
    say(f"To undo that: gradecli quarantine {submission_id} --lift")


def lift_quarantine(submission_id: str) -> None:
    with open_session() as session:
        found = session.service.lift_quarantine(submission_id)
    say(f"Submission {submission_id} is one like any other again ({one_line(found.state)}).")


def course_queue(course: str | None) -> Operations:
    with open_session() as session:
        return session.service.operations(session.course(course))


def show_queue(found: Operations, *, parked_only: bool) -> None:
    """The queue in numbers, what runs, and what was given up with its evidence."""
    now = datetime.now(UTC)
    if not parked_only:
        held = f", {found.held} of them held" if found.held else ""
        say(f"{found.queued} waiting{held}; {len(found.running)} being graded; {found.workers} workers alive")
        if found.outage is not None:
            since = _ago(found.outage.since, now)
            say(f"  outage   what grading needs is away, since {since}; nothing is lost, no try is counted:")
            say_indented(found.outage.detail, 11, "dim")
        for job in found.running:
            since = _ago(job.started_at or job.received_at, now)
            say(f"  running  {_job(job)}, started {since} by {one_line(job.worker or '?')}")
        for job in found.quarantined:
            say(f"  aside    {_job(job)}")
        for hold in found.holds:
            say(f"  held     {_what(hold)}: {one_line(hold.reason)} (hold {hold.id})")
    if not found.parked:
        note("Nothing was given up.")
        return
    for job in found.parked:
        say(f"  parked   {_job(job)}, handed in {_ago(job.received_at, now)}")
        for failure in job.failures:
            say_indented(f"{_ago(failure.at, now)}, {one_line(failure.worker)}", 11, "dim")
            say_indented(failure.detail, 13, "dim")


def _job(job: QueuedJob) -> str:
    return f"{job.submission}  {one_line(job.student)}, {one_line(job.pset)}, attempt {job.attempt}"


def _what(hold: Hold) -> str:
    match hold.scope:
        case "all":
            return "all grading of this server"
        case "pset":
            return one_line(f"set {hold.pset} in {hold.course}")
        case "student":
            return one_line(f"{hold.student} in {hold.course}")
        case _:
            return one_line(f"course {hold.course}")


def _ago(when: datetime, now: datetime) -> str:
    return messages.distance((when - now).total_seconds())

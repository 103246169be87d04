"""Every sentence that the command line says to a student, in one place.

Plain, kind, specific and true: what happened, what it means for their work, what to do next.
Commands for staff, authors and operators keep their few sentences beside the code.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

# -- logging in --------------------------------------------------------------------------------


def not_logged_in() -> str:
    return (
        "You are not logged in. Run `gradecli login URL` with the address of your course's server: "
        "it logs you in through your browser. (`--token TOKEN` logs in with a token instead.)"
    )


def token_not_accepted(url: str, reason: str) -> str:
    return f"{reason}\nThe server is {url}. To log in with another token: gradecli login {url}"


def not_a_token() -> str:
    return (
        "That does not look like a token: it is empty, or has spaces or unusual characters in it. "
        "Copy it again from your instructor's message, in one piece."
    )


def approve_in_browser(page: str, code: str) -> str:
    return (
        f"To log in, open {page}\n"
        f"and enter the code {code}\n"
        "There you see who asks, and let this program in or not. The code is good for ten minutes."
    )


def waiting_for_browser() -> str:
    return "waiting until you let this program in"


def open_it_yourself() -> str:
    return "No browser could be opened here. Open the page yourself, on this or another machine."


def not_let_in(reason: str) -> str:
    return f"You are not logged in. {reason} To try again, run the same command."


def logged_in(name: str, email: str, url: str) -> str:
    return f"Logged in to {url} as {name} ({email})."


def token_travels_in_the_open(url: str) -> str:
    return (
        f"{url} starts with http://, so anyone on the network between you and the server can read "
        "your token. Ask your instructor whether the server has an https:// address."
    )


def logged_out(existed: bool) -> str:
    if existed:
        return "Logged out. Your receipts, and submissions still waiting to be sent, stay on this machine."
    return "You were not logged in; nothing changed."


# -- courses and problem sets ------------------------------------------------------------------


def admin_says_which_course() -> str:
    return "You are not enrolled in a course yourself. As an administrator, say which: --course NAME"


def in_no_course(email: str) -> str:
    return f"You are not in any course on this server yet. Ask your instructor to add {email} to the roster."


def which_course(courses: Sequence[str]) -> str:
    return (
        f"You are in several courses: {', '.join(courses)}. Say which with --course NAME, "
        f"or make one the usual: gradecli login --course {courses[0]}"
    )


def not_your_course(asked: str, courses: Sequence[str]) -> str:
    mine = f"You are in: {', '.join(courses)}." if courses else "You are not in any course here yet."
    return f"You are not in a course called {asked}. {mine}"


def usual_course_is_gone(remembered: str, courses: Sequence[str]) -> str:
    return (
        f"Your usual course, {remembered}, is no longer one of yours "
        f"({', '.join(courses) or 'you have none'}). "
        "Say which with --course NAME, or choose another: gradecli login --course NAME"
    )


def no_psets_yet() -> str:
    return "No problem set is published in this course yet. Your instructor decides when; try again later."


def unknown_pset(asked: str, known: Sequence[str]) -> str:
    there = f"There are: {', '.join(known)}." if known else "None is published yet."
    return f"There is no problem set called {asked} in this course. {there}"


def not_a_pset_name(asked: str) -> str:
    return f"{asked!r} is not a problem set's name. See the names with: gradecli psets"


# -- folders -----------------------------------------------------------------------------------


def no_folder_for(pset: str) -> str:
    return (
        f"There is no folder with {pset} here. Go to where you started it, give its path, "
        f"or start it here: gradecli start {pset}"
    )


def no_folder_here() -> str:
    return (
        "There is no problem set in this folder. Go to the one you work in, name it "
        "(gradecli check pset1), or start one: gradecli start pset1"
    )


def not_started_here(folder: str) -> str:
    return (
        f"{folder} has no public checks in it: it was not made by gradecli start. "
        "Run that once, in another place."
    )


def several_folders_here(names: Sequence[str]) -> str:
    return f"There are several problem sets here: {', '.join(names)}. Say which: gradecli check {names[0]}"


def handout_refused(why: str) -> str:
    return (
        f"The handout that the server sent was refused, and nothing was written: {why}. "
        "Tell your instructor; this should never happen."
    )


def in_the_way(path: str, what: str) -> str:
    return f"{path} is {what}, where the handout has a file or folder. Move it away and run this again."


def started(folder: Path, pset: str) -> str:
    return (
        f"{pset} is ready in {folder}. Read README.md there first.\n"
        f"  try it:      gradecli check {pset}\n"
        f"  hand it in:  gradecli submit {pset}"
    )


def kept_yours(names: Sequence[str]) -> str:
    return (
        f"Kept as they are, because you changed them: {', '.join(names)}. "
        "To take the handout's version instead, add --force; yours is then kept beside it."
    )


def replaced_yours(name: str, backup: str) -> str:
    return f"Replaced {name}; your version is now {backup}."


# -- what is sent ------------------------------------------------------------------------------


def nothing_to_submit(where: str, expected: Sequence[str]) -> str:
    return f"None of this set's files is in {where}. It should have: {', '.join(expected)}."


def which_pset(where: str) -> str:
    return f"{where} does not say which problem set it is. Name it: gradecli submit PSET {where}"


def file_missing(names: Sequence[str]) -> str:
    verb = "is not there, so its" if len(names) == 1 else "are not there, so their"
    return f"{', '.join(names)} {verb} checks will be skipped and earn no points this time."


def still_the_starter(names: Sequence[str]) -> str:
    verb = "is" if len(names) == 1 else "are"
    return f"{', '.join(names)} {verb} still exactly what you were given. Did you save your work?"


# -- submitting --------------------------------------------------------------------------------


def received(attempt: int, pset: str, when: str, submission_id: str) -> str:
    return f"Received: {pset}, attempt {attempt}, {when} (submission {submission_id})."


def resuming_unsent(since: str) -> str:
    return f"Sending again what could not be sent {since}. If it did arrive then, it counts once."


def resuming_sent(submission_id: str) -> str:
    return f"Submission {submission_id} is already on the server and has not changed since: following it."


def newer_files(since: str) -> str:
    return f"Your files changed since {since}, when a submission was cut short: sending them as they are now."


def kept_for_later(pset: str, reason: str) -> str:
    return (
        f"{reason}\n"
        "Your submission was not sent. It is kept on this machine, and nothing is lost.\n"
        f"Later, run this again and it is sent, once: gradecli submit {pset}"
    )


def not_kept(reason: str) -> str:
    return (
        f"{reason}\n"
        "Your submission was not sent; your files are as they were. Later, run the same command again."
    )


def maybe_received(pset: str, reason: str) -> str:
    return (
        f"{reason}\n"
        "The server may or may not have your submission. It is kept on this machine, and nothing is lost.\n"
        f"Later, run this again; it cannot count twice: gradecli submit {pset}"
    )


def kept_until_login(pset: str, reason: str) -> str:
    return (
        f"{reason}\n"
        f"Your submission was not sent. It is kept on this machine; after logging in: gradecli submit {pset}"
    )


def lost_sight(pset: str, submission_id: str) -> str:
    return (
        f"The server has your submission ({submission_id}), but stopped answering before it was graded. "
        "Nothing is lost, and it does not count twice.\n"
        f"Later, gradecli submit {pset} follows it to the end, "
        f"or gradecli feedback {submission_id} shows the result."
    )


def already_there(pset: str, submission_id: str, reason: str) -> str:
    return (
        f"{reason}\n"
        f"The server has this submission already ({submission_id}), and nothing is lost.\n"
        f"Later, gradecli submit {pset} follows it to the end; it does not count twice."
    )


def stopped_watching(pset: str, submission_id: str) -> str:
    return (
        "Stopped watching; the server goes on grading.\n"
        f"See the result later with: gradecli feedback {submission_id} (or gradecli submit {pset})"
    )


def stopped_before_sent(pset: str) -> str:
    return f"Stopped. What you wanted to hand in is kept; to send it: gradecli submit {pset}"


def refused_but_kept(pset: str, reason: str, path: Path, since: str) -> str:
    return (
        f"{reason}\n"
        f"You first tried to send this on {since}, when the server could not take it. The copy from then is "
        f"kept in {path}: show it to your instructor if you think it should count for {pset}."
    )


def incident(reason: str) -> str:
    said = reason or "The server could not grade this submission."
    return f"{said}\nThis was not your code's fault and costs you nothing."


def receipt_saved(path: Path) -> str:
    return f"Receipt, signed by the server, to prove what you handed in and when:\n  {path}"


def waiting(position: int | None) -> str:
    if position is None:
        return "waiting to be graded"
    ahead = position - 1
    return "waiting: you are next" if ahead <= 0 else f"waiting: {ahead} before you"


def grading(problem: str | None, index: int | None, total: int | None) -> str:
    if problem is None:
        return "grading"
    return f"grading {problem}" + (f" (problem {index} of {total})" if index and total else "")


def grading_check(problem: str, index: int, total: int) -> str:
    return f"grading {problem}: {index} of {total} checks done"


def looking_for_server() -> str:
    return "the connection broke; trying again"


# -- reports -----------------------------------------------------------------------------------


def public_checks_passed(passed: int, total: int) -> str:
    if total == 0:
        return "This set has no public checks."
    if passed == total:
        ending = "They are a start: the hidden checks, which carry the points, test more."
        return f"All {total} public checks pass. {ending}"
    return f"{passed} of {total} public checks pass."


def forbidden_called(name: str, calls: int) -> str:
    """For staff, about one problem's code."""
    times = "once" if calls == 1 else f"{calls} times"
    return f"Called under another name as it ran: {name}, {times}. Forbidden here: read the file."


def not_graded_yet(state: str, submission_id: str, pset: str) -> str:
    if state == "failed":
        return incident(f"Submission {submission_id} could not be graded.") + (
            f" Hand it in again with: gradecli submit {pset}"
        )
    if state in {"superseded", "quarantined"}:
        return f"Submission {submission_id}: {stays_ungraded(state)}"
    return f"Submission {submission_id} is {state}. Try again in a moment: gradecli feedback {submission_id}"


def stays_ungraded(state: str) -> str:
    if state == "superseded":
        return (
            "A newer attempt of yours took this one's place before it was graded, so that one is graded. "
            "This one stays on record, and its receipt is still valid."
        )
    return (
        "The course staff have set this submission aside, and it is not graded. It stays on record, and its "
        "receipt is still valid. Ask them about it."
    )


def nothing_submitted(pset: str) -> str:
    return f"You have not submitted {pset} yet. When you are ready: gradecli submit {pset}"


def nothing_submitted_at_all(course: str) -> str:
    return f"You have not submitted anything in {course} yet. See what is there with: gradecli psets"


# -- the server --------------------------------------------------------------------------------


def no_connection(url: str, reason: str) -> str:
    because = f" ({reason})" if reason else ""
    return (
        f"There is no connection to {url}{because}. Check that you are online and that the address "
        "is right (gradecli login URL changes it); otherwise the server may be down for now."
    )


def no_answer_in_time(url: str) -> str:
    return f"{url} did not answer in time. It may be busy: try again in a minute."


def server_went_away(url: str) -> str:
    return f"The connection to {url} broke before it had answered. Try again."


def server_is_failing(url: str, status: int) -> str:
    return f"{url} has a problem of its own just now (HTTP {status}). Try again in a minute."


def not_a_course_server(url: str, status: int | None = None) -> str:
    how = f" (HTTP {status})" if status else ""
    return (
        f"What answered at {url} is not a course server that this gradecli understands{how}. "
        "Check the address (gradecli login URL), and that your gradecli is up to date."
    )


def not_an_address(typed: str) -> str:
    return f"{typed!r} is not a server's address. It looks like https://grade.example.edu"


def answer_too_large(host: str) -> str:
    return (
        f"{host} sent far more than any answer should hold, so the rest was not read. Tell your instructor."
    )


# -- time --------------------------------------------------------------------------------------


def moment(when: datetime) -> str:
    """A moment in this machine's own time zone, with the zone's offset so that no one has to guess."""
    return f"{when.astimezone():%a %d %b %Y, %H:%M (UTC%z)}"


def due(due_at: datetime | None, now: datetime) -> str:
    """When a set is due, and how far that is."""
    if due_at is None:
        return "no due date"
    return f"{moment(due_at)}, {distance((due_at - now).total_seconds())}"


def distance(seconds: float) -> str:
    """``in 3 days`` or ``2 hours ago``, rounded down: time left is never overstated."""
    length = abs(seconds)
    for size, name in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        count = int(length // size)
        if count:
            span = f"{count} {name}{'s' if count != 1 else ''}"
            return f"in {span}" if seconds > 0 else f"{span} ago"
    return "in less than a minute" if seconds > 0 else "just now"


def points(value: float) -> str:
    """A score without needless zeros, at most two decimals, never rounded up to more than was earned."""
    hundredths = int(round(value * 100, 4))
    return f"{hundredths / 100:.2f}".rstrip("0").rstrip(".")

"""What staff do to a course: create it, publish sets, import the roster, read the gradebook."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from pathlib import Path

from gradecli import messages
from gradecli.errors import BadInputError
from gradecli.home import replace_file
from gradecli.payloads import Gradebook, GradebookCell, Pset, RosterResult
from gradecli.session import open_session
from gradecli.terminal import Styled, note, one_line, say, table

__all__ = [
    "create_course",
    "gradebook",
    "import_roster",
    "parse_due",
    "publish",
    "save_gradebook",
    "show_gradebook",
    "show_roster_result",
]

_LARGEST_ROSTER = 4 * 2**20
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def create_course(name: str, title: str) -> None:
    """Create a course, and make it the one that this person's commands are about from now on."""
    with open_session() as session:
        made = session.service.create_course(name, title)
        session.home.save_credentials(session.credentials.model_copy(update={"course": made.name}))
    say(f"Created {made.name}: {made.title}. It is your usual course now.")
    say("Next: gradecli roster import FILE  (a CSV with name,email,role)")


def parse_due(text: str) -> datetime:
    """A due date from what was typed: ISO 8601, in this machine's time zone when it names none.

    A date alone means the end of that day.

    Raises:
        BadInputError: it is not a date.
    """
    try:
        due = datetime.fromisoformat(text.strip())
    except ValueError:
        raise BadInputError(
            f"{text!r} is not a date. Write it like 2026-12-18, 2026-12-18T23:59 or 2026-12-18T23:59+01:00."
        ) from None
    if len(text.strip()) <= len("2026-12-18"):
        due = due.replace(hour=23, minute=59, second=59)
    return due if due.tzinfo is not None else due.astimezone()


def publish(pset: str, *, due: str | None, course: str | None) -> None:
    """Publish ``pset`` or change when it is due.

    ``due``: a date, ``"none"`` for no due date, or ``None`` to leave the one there is.
    """
    with open_session() as session:
        chosen = session.course(course)
        due_at = _due_at(due, pset, session.service.psets(chosen))
        made = session.service.publish(chosen, pset, due_at.isoformat() if due_at else None)
    problems = ", ".join(problem.name for problem in made.problems)
    say(f"Published {made.name} in {chosen}: {made.title}")
    say(f"  problems: {problems} ({messages.points(made.max_score)} points)")
    say(f"  due:      {messages.due(made.due_at, datetime.now(UTC))}")


def _due_at(due: str | None, pset: str, published: tuple[Pset, ...]) -> datetime | None:
    if due is None:
        return next((known.due_at for known in published if known.name == pset), None)
    return None if due.strip().lower() == "none" else parse_due(due)


def import_roster(file: Path, *, tokens: Path | None, course: str | None) -> RosterResult:
    """Send the roster. New people's tokens, shown by the server this once, go into ``tokens`` if given.

    Raises:
        BadInputError: the file cannot be read, or ``tokens`` exists already.
    """
    if not file.is_file():
        raise BadInputError(f"There is no file {file}. It should be a CSV with the columns name,email,role.")
    if file.stat().st_size > _LARGEST_ROSTER:
        raise BadInputError(f"{file} is larger than {_LARGEST_ROSTER // 2**20} MiB: is it the roster?")
    if tokens is not None:
        if tokens.exists():
            raise BadInputError(f"{tokens} exists already. Name a new file for the tokens.")
        replace_file(tokens, b"")  # found out now if it cannot be written: the tokens come only once
    try:
        with open_session() as session:
            result = session.service.import_roster(session.course(course), file.read_bytes())
    except BaseException:
        if tokens is not None:
            tokens.unlink(missing_ok=True)
        raise
    if tokens is not None:
        replace_file(tokens, _tokens_csv(result))
    return result


def show_roster_result(result: RosterResult, *, tokens_in: Path | None) -> None:
    """Who was added (with their token, unless those went into a file), changed, left and rejected."""
    new = [person for person in result.added if person.token]
    if new and tokens_in is None:
        table(["name", "email", "role", "token"], [[p.name, p.email, p.role, p.token or ""] for p in new])
        say("\nThese tokens are shown only this once. Give each person theirs, privately.")
    elif new:
        say(f"The tokens of {len(new)} new people are in {tokens_in}. Give each person theirs, privately.")
    for person in result.added:
        if not person.token:
            say(f"Added {one_line(person.name)} ({one_line(person.email)}), who has a token already.")
    for person in result.changed:
        say(f"{one_line(person.name)} ({one_line(person.email)}) is now {one_line(person.role)}.")
    for rejected in result.rejected:
        note(Styled(f"Line {rejected.line} was not imported: ", "red"), one_line(rejected.reason))
    say(
        f"{len(result.added)} added, {len(result.changed)} changed, {len(result.unchanged)} unchanged, "
        f"{len(result.rejected)} rejected."
    )


def gradebook(course: str | None, section: str | None = None) -> Gradebook:
    with open_session() as session:
        return session.service.gradebook(session.course(course), section)


def save_gradebook(file: Path, course: str | None, section: str | None = None) -> None:
    """Write the server's CSV, byte for byte, to ``file``."""
    with open_session() as session:
        content = session.service.gradebook_csv(session.course(course), section)
    replace_file(file, content)
    say(f"Wrote {file}")


def show_gradebook(book: Gradebook) -> None:
    """One line for each student, one column for each set."""
    if not book.rows:
        note("There is no student in this course yet. Add some with: gradecli roster import FILE")
        return
    sections = any(row.section for row in book.rows)
    headers = [
        "student",
        "email",
        *(["section"] if sections else []),
        *(pset.name for pset in book.psets),
        "total",
    ]
    rows: list[list[str | Styled]] = [
        [
            row.student.name,
            row.student.email,
            *([one_line(row.section or "-")] if sections else []),
            *(_cell(row.scores.get(pset.name)) for pset in book.psets),
            messages.points(row.total),
        ]
        for row in book.rows
    ]
    table([one_line(header) for header in headers], rows, numbers=range(3 if sections else 2, len(headers)))
    most = sum(pset.max_score for pset in book.psets)
    students = "1 student" if len(book.rows) == 1 else f"{len(book.rows)} students"
    say(f"\n{students}, {messages.points(most)} points at most")


def _cell(cell: GradebookCell | None) -> str:
    if cell is None:
        return "-"
    return "?" if cell.score is None else messages.points(cell.score)


def _tokens_csv(result: RosterResult) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["name", "email", "role", "token"])
    for person in result.added:
        writer.writerow(
            _harmless(text) for text in (person.name, person.email, person.role, person.token or "")
        )
    return out.getvalue().encode()


def _harmless(text: str) -> str:
    """``text`` as a cell that a spreadsheet shows instead of computing."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text

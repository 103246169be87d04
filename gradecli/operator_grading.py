"""Grades a submission on this machine, as an author does: no server, no database, full report."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from gradecli.errors import BadInputError
from gradecli.operator_sandbox import choose_backend, sandbox_failures
from gradecli.payloads import Report
from gradecli.terminal import LiveLine, live_line
from grader import (
    BadSubmissionError,
    GradeEvent,
    PackageError,
    ProblemSet,
    Submission,
    discover,
    grade,
    instance_key,
    load_pset,
)

__all__ = ["find_pset", "grade_here", "parse_instance"]

# No secret: an author may know every instance. It only makes runs of the same files repeatable.
_LOCAL_SECRET = b"gradecli grade"


def grade_here(
    pset: str, path: Path, *, problem: str | None, sandbox: str | None, problems: Path, instance: str | None
) -> tuple[Report, object]:
    """Grade the submission at ``path``; the report as this client shows it, and whole, as JSON values.

    Raises:
        BadInputError: the package, the submission or an option cannot be used.
        PlatformError: no sandbox works here, or it failed.
    """
    chosen = parse_instance(instance)
    try:
        package = find_pset(pset, problems)
        if problem is not None:
            package.problem(problem)
        submission = Submission.read(path, package, problem=problem)
        backend = choose_backend(
            sandbox, {one.runtime for one in package.problems if problem in {None, one.name}}
        )
        with live_line() as line, sandbox_failures("The sandbox failed, not the submission"):
            report = grade(
                package,
                submission,
                backend,
                key=instance_key(_LOCAL_SECRET, submission.digest),
                instance=chosen,
                problem=problem,
                on_event=lambda event: _show(line, event),
            )
    except (PackageError, BadSubmissionError) as error:
        raise BadInputError(str(error)) from error
    as_sent = report.model_dump(mode="json")
    return Report.model_validate(as_sent), as_sent


def find_pset(pset: str, problems: Path) -> ProblemSet:
    """The package called ``pset`` in ``problems``, or the one in the folder ``pset``.

    Raises:
        BadInputError: there is none.
        PackageError: there is, and it has a mistake.
    """
    if (Path(pset) / "pset.toml").is_file():
        return load_pset(Path(pset))
    if not problems.is_dir():
        raise BadInputError(
            f"There is no folder {problems} of problem packages. Name one with --problems DIR."
        )
    listings = discover(problems)
    for listing in listings:
        if listing.name == pset:
            return load_pset(listing.folder)
    known = ", ".join(listing.name for listing in listings) or "nothing"
    raise BadInputError(f"There is no problem set {pset!r} in {problems}, which holds {known}.")


def parse_instance(text: str | None) -> int | Literal["all"] | None:
    """What ``--instance`` said.

    Raises:
        BadInputError: it is neither a number nor ``all``.
    """
    if text is None:
        return None
    if text == "all":
        return "all"
    if text.isascii() and text.isdigit() and len(text) <= 6:
        return int(text)
    raise BadInputError(f"--instance takes a number or all, not {text!r}.")


def _show(line: LiveLine, event: GradeEvent) -> None:
    line.show_in_passing(f"grading {event.problem}: {event.index} of {event.total}")

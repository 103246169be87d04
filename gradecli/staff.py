"""The commands of staff. Each imports what it needs when it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["course_create", "gradebook", "mistakes", "publish", "roster_import"]

CourseOption = Annotated[
    str | None, typer.Option("--course", metavar="NAME", help="The course, if you are in several.")
]


def course_create(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Short name, for commands and addresses: dl-2026.")
    ],
    title: Annotated[
        str | None, typer.Option("--title", metavar="TITLE", help="What people read; else the name.")
    ] = None,
) -> None:
    """Create a course. For administrators."""
    from gradecli.course_admin import create_course

    create_course(name, title if title is not None else name)


def publish(
    pset: Annotated[
        str, typer.Argument(metavar="PSET", help="The set's name in the server's problems folder.")
    ],
    due: Annotated[
        str | None,
        typer.Option(
            "--due", metavar="WHEN", help="2026-12-18, 2026-12-18T23:59 (your time), with a zone, or none."
        ),
    ] = None,
    course: CourseOption = None,
) -> None:
    """Publish a problem set, or move its due date.

    For instructors. Without --due, a set published before keeps its due date, and a new one has
    none.
    """
    from gradecli.course_admin import publish as put

    put(pset, due=due, course=course)


def roster_import(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV with name,email,role and maybe section.")],
    tokens: Annotated[
        Path | None,
        typer.Option("--tokens", metavar="FILE", help="Write new tokens there instead of printing them."),
    ] = None,
    course: CourseOption = None,
) -> None:
    """Add the people in a CSV file to a course.

    For instructors. Safe to repeat with a longer file. Exits with 1 when lines were rejected; the
    others are imported.
    """
    from gradecli.course_admin import import_roster, show_roster_result

    result = import_roster(file, tokens=tokens, course=course)
    show_roster_result(result, tokens_in=tokens)
    raise typer.Exit(1 if result.rejected else 0)


def gradebook(
    file: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE", help="Write the server's CSV there.")
    ] = None,
    course: CourseOption = None,
    section: Annotated[
        str | None, typer.Option("--section", metavar="NAME", help="Only this section's students.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Show everybody's scores. For staff."""
    from gradecli.course_admin import gradebook as find
    from gradecli.course_admin import save_gradebook, show_gradebook
    from gradecli.terminal import say_json

    if file is not None:
        save_gradebook(file, course, section)
        return
    book = find(course, section)
    if as_json:
        say_json(book.model_dump(mode="json"))
    else:
        show_gradebook(book)


def mistakes(
    pset: Annotated[str, typer.Argument(metavar="PSET", help="The published set.")],
    course: CourseOption = None,
    section: Annotated[
        str | None, typer.Option("--section", metavar="NAME", help="Only this section's students.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Show which mistakes students make in a set. For staff.

    Each student counts with the submission that their grade comes from. Then come the errors that
    have no name yet and that several students share; `gradecli admit` names one.
    """
    from gradecli.mistakes import find_mistakes, show_mistakes
    from gradecli.terminal import say_json

    found = find_mistakes(pset, course, section)
    if as_json:
        say_json(found.model_dump(mode="json"))
    else:
        show_mistakes(found)

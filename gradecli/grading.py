"""The commands for staff about grading. Each imports what it needs when it runs."""

from __future__ import annotations

from typing import Annotated

import typer

from gradecli.staff import CourseOption

__all__ = ["course_set", "hold_lift", "hold_list", "hold_place", "jobs", "quarantine"]

ReasonOption = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why. Only staff read it.")]
AllOption = Annotated[bool, typer.Option("--all", help="Every course. For administrators.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def course_set(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The course.")],
    supersede: Annotated[
        bool,
        typer.Option(
            "--supersede/--no-supersede", help="Whether a new attempt replaces the student's waiting one."
        ),
    ],
) -> None:
    """Change how a course works. For instructors."""
    from gradecli.grading_admin import change_course

    change_course(name, supersede=supersede)


def hold_place(
    reason: ReasonOption,
    pset: Annotated[str | None, typer.Option("--pset", metavar="PSET", help="Only this set.")] = None,
    student: Annotated[
        str | None, typer.Option("--student", metavar="EMAIL", help="Only this student's work.")
    ] = None,
    everything: AllOption = False,
    course: CourseOption = None,
) -> None:
    """Stop grading a course, one of its sets or one student; what is handed in waits.

    For instructors; --all is for administrators. What is being graded finishes.
    """
    from gradecli.grading_admin import place_hold

    place_hold(reason=reason, pset=pset, student=student, course=course, everything=everything)


def hold_lift(
    number: Annotated[int, typer.Argument(metavar="HOLD", min=1, help="Its number, from the list.")],
) -> None:
    """Let grading go on."""
    from gradecli.grading_admin import lift_hold

    lift_hold(number)


def hold_list(
    everything: AllOption = False, course: CourseOption = None, as_json: JsonOption = False
) -> None:
    """Show what is held now. For instructors."""
    from gradecli.grading_admin import list_holds, show_holds
    from gradecli.terminal import say_json

    holds = list_holds(course, everything=everything)
    if as_json:
        say_json([hold.model_dump(mode="json") for hold in holds])
    else:
        show_holds(holds)


def quarantine(
    submission: Annotated[str, typer.Argument(metavar="SUBMISSION", help="Its id.")],
    reason: Annotated[
        str | None, typer.Option("--reason", metavar="TEXT", help="Why. Only staff read it.")
    ] = None,
    lift: Annotated[bool, typer.Option("--lift", help="Treat it like any other again.")] = False,
) -> None:
    """Set a submission aside: it is not graded, and only instructors read its files. For instructors."""
    from gradecli import grading_admin
    from gradecli.errors import BadInputError

    if lift:
        grading_admin.lift_quarantine(submission)
    elif reason is None:
        raise BadInputError("Say why with --reason TEXT. Only staff read it.")
    else:
        grading_admin.quarantine(submission, reason)


def jobs(
    parked: Annotated[bool, typer.Option("--parked", help="Only what was given up.")] = False,
    course: CourseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show a course's queue, and what was given up with its evidence. For instructors."""
    from gradecli.grading_admin import course_queue, show_queue
    from gradecli.terminal import say_json

    found = course_queue(course)
    if as_json:
        say_json(found.model_dump(mode="json"))
    else:
        show_queue(found, parked_only=parked)

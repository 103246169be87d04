"""The commands that grade again. Each imports what it needs when it runs."""

from __future__ import annotations

from typing import Annotated

import typer

from gradecli.staff import CourseOption

__all__ = ["regrade_apply", "regrade_discard", "regrade_list", "regrade_run", "regrade_show", "replay"]

WhatArgument = Annotated[
    str | None,
    typer.Argument(metavar="[SUBMISSION|PSET]", help="One submission or one set; else the whole course."),
]
ReasonOption = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why. The students read it.")]
PackageOption = Annotated[
    str, typer.Option("--package", metavar="DIGEST", help="A version of the set; else the published one.")
]
ApplyOption = Annotated[bool, typer.Option("--apply", help="Apply the preview without asking.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
NumberArgument = Annotated[int, typer.Argument(metavar="NUMBER", min=1, help="The regrade's number.")]


def replay(
    reason: ReasonOption,
    what: WhatArgument = None,
    package: PackageOption = "published",
    apply: ApplyOption = False,
    course: CourseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Score again what was recorded, and show what would change.

    For instructors; graders for one submission. No student code runs, except where the checks now
    ask something else than they did. Exits with 1 when some of it could not be graded again.
    """
    _ask(what, "replay", reason, package, course, apply=apply, as_json=as_json)


def regrade_run(
    reason: ReasonOption,
    what: WhatArgument = None,
    package: PackageOption = "published",
    apply: ApplyOption = False,
    course: CourseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run student code again, and show what would change.

    For instructors; graders for one submission. First gradings go first.
    """
    _ask(what, "rerun", reason, package, course, apply=apply, as_json=as_json)


def regrade_list(course: CourseOption = None, as_json: JsonOption = False) -> None:
    """Show what was graded again."""
    from gradecli.regrading_admin import listed, show_list
    from gradecli.terminal import say_json

    found = listed(course)
    if as_json:
        say_json([one.model_dump(mode="json") for one in found])
    else:
        show_list(found)


def regrade_show(number: NumberArgument, course: CourseOption = None, as_json: JsonOption = False) -> None:
    """Show what a regrade changes or would change."""
    from gradecli.regrading_admin import find, show_preview
    from gradecli.terminal import say_json

    preview = find(number, course)
    if as_json:
        say_json(preview.model_dump(mode="json"))
    else:
        show_preview(preview)


def regrade_apply(number: NumberArgument, course: CourseOption = None) -> None:
    """Let a regrade's reports count."""
    from gradecli.regrading_admin import apply

    apply(number, course)


def regrade_discard(number: NumberArgument, course: CourseOption = None) -> None:
    """Leave every grade as it is."""
    from gradecli.regrading_admin import discard

    discard(number, course)


def _ask(
    what: str | None,
    kind: str,
    reason: str,
    package: str,
    course: str | None,
    *,
    apply: bool,
    as_json: bool,
) -> None:
    from gradecli.regrading_admin import ask_and_wait, show_preview
    from gradecli.terminal import say_json

    previews = ask_and_wait(what, kind=kind, reason=reason, package=package, course=course, apply_it=apply)
    if as_json:
        say_json([preview.model_dump(mode="json") for preview in previews])
    else:
        for preview in previews:
            show_preview(preview)
    incomplete = any(
        preview.regrade.state == "failed" or preview.regrade.counts.failed for preview in previews
    )
    raise typer.Exit(1 if incomplete else 0)

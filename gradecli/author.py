"""The command of problem authors: grade a submission right here, with no server."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["grade"]


def grade(
    pset: Annotated[
        str, typer.Argument(metavar="PSET", help="A set's name in the problems folder, or its folder.")
    ],
    path: Annotated[
        Path,
        typer.Argument(metavar="PATH", help="A folder, zip or notebook, or with --problem one .py file."),
    ],
    problem: Annotated[
        str | None, typer.Option("--problem", metavar="NAME", help="Grade only this problem.")
    ] = None,
    sandbox: Annotated[
        str | None,
        typer.Option(
            "--sandbox", metavar="docker|bubblewrap", help="Where the submission runs; else what works here."
        ),
    ] = None,
    problems: Annotated[
        Path,
        typer.Option(
            "--problems", metavar="DIR", envvar="GRADECLI_PROBLEMS", help="The folder of problem packages."
        ),
    ] = Path("problems"),
    instance: Annotated[
        str | None,
        typer.Option(
            "--instance",
            metavar="N|all",
            help="Which instance of each hidden check; else the submission's own.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON, for programs.")] = False,
) -> None:
    """Grade a submission right here, without a server.

    For authors: hidden checks included. Exits with 0 once graded, whatever the score; 2 when the
    package or the submission cannot be used; 3 when the sandbox failed.
    """
    from gradecli.operator_grading import grade_here
    from gradecli.reports import show_report
    from gradecli.terminal import say_json

    report, as_sent = grade_here(
        pset, path, problem=problem, sandbox=sandbox, problems=problems, instance=instance
    )
    if as_json:
        say_json(as_sent)
    else:
        show_report(report)

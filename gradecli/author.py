"""The commands of problem authors: what they do with a package, right here."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["admit", "grade", "new", "verify"]


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


def verify(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[PSET|PROBLEM]", help="A set or a problem, by name or folder; without, every set."
        ),
    ] = None,
    problems: Annotated[
        Path,
        typer.Option(
            "--problems", metavar="DIR", envvar="GRADECLI_PROBLEMS", help="The folder of problem packages."
        ),
    ] = Path("problems"),
    instances: Annotated[
        int | None,
        typer.Option("--instances", metavar="N", min=1, help="Only N instances of each check; else all."),
    ] = None,
    runs: Annotated[
        int, typer.Option("--runs", metavar="N", min=1, help="How often verdicts must be the same.")
    ] = 2,
    sandbox: Annotated[
        str | None,
        typer.Option(
            "--sandbox", metavar="docker|bubblewrap", help="Run answers in it; else in a plain process."
        ),
    ] = None,
    mutants: Annotated[
        bool, typer.Option("--mutants", help="Also try wrong answers derived from each reference.")
    ] = False,
    inputs: Annotated[
        int, typer.Option("--inputs", metavar="N", min=1, help="On how many to compare each mutant.")
    ] = 10_000,
    measure: Annotated[
        bool, typer.Option("--measure", help="Keep how much of each tolerance right answers use.")
    ] = False,
    jobs: Annotated[
        int | None, typer.Option("--jobs", metavar="N", min=1, help="Processes; else one for each core.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the proof as JSON, for programs.")] = False,
) -> None:
    """Prove that problems tell right from wrong.

    The reference and each accepted answer must pass every check on every instance, the starter and what
    is forbidden earn nothing, and each wrong answer lose exactly the checks that should catch it; every
    verdict the same in every run, and the texts say what is so. With --mutants, the checks must also
    catch small changes of the reference that nobody wrote down. Exits with 0 where all of that holds, 1
    where not, 2 when a package cannot be read, 3 when a sandbox failed.
    """
    from gradecli.operator_verify import verify_here

    verify_here(
        name,
        problems=problems,
        instances=instances,
        runs=runs,
        sandbox=sandbox,
        mutants=mutants,
        inputs=inputs,
        measure=measure,
        jobs=jobs,
        as_json=as_json,
    )


def new(
    pset: Annotated[str, typer.Argument(metavar="PSET", help="A set's name; a new one is made.")],
    problem: Annotated[str, typer.Argument(metavar="PROBLEM", help="The problem's name, as in batch_norm.")],
    title: Annotated[
        str | None, typer.Option("--title", metavar="TITLE", help="What students read; else its name.")
    ] = None,
    runtime: Annotated[
        str, typer.Option("--runtime", metavar="numpy|torch", help="What the machine that grades has.")
    ] = "numpy",
    problems: Annotated[
        Path,
        typer.Option(
            "--problems", metavar="DIR", envvar="GRADECLI_PROBLEMS", help="The folder of problem packages."
        ),
    ] = Path("problems"),
) -> None:
    """Start a new problem: a small one that `gradecli verify` proves as it is, to make your own of."""
    from gradecli.scaffolding import make_problem

    make_problem(pset, problem, title=title, runtime=runtime, problems=problems)


def admit(
    pset: Annotated[
        str, typer.Argument(metavar="PSET", help="A set's name in the problems folder, or its folder.")
    ],
    problem: Annotated[str, typer.Argument(metavar="PROBLEM", help="The problem's name.")],
    source: Annotated[
        str, typer.Option("--from", metavar="SUBMISSION|FILE", help="A submission's id, or a .py file.")
    ],
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="What to call the mistake: no_scale.")],
    sentence: Annotated[
        str, typer.Option("--sentence", metavar="TEXT", help='What to tell students: "You ...".')
    ],
    problems: Annotated[
        Path,
        typer.Option(
            "--problems", metavar="DIR", envvar="GRADECLI_PROBLEMS", help="The folder of problem packages."
        ),
    ] = Path("problems"),
    sandbox: Annotated[
        str | None,
        typer.Option(
            "--sandbox", metavar="docker|bubblewrap", help="Where the file runs; else what works here."
        ),
    ] = None,
) -> None:
    """Make a wrong answer of a problem out of a student's file.

    For authors. It becomes submissions/wrong_answer/NAME.py in your problems folder, with your
    sentence, once it has been run on every instance of the hidden checks. Publish the set again, and
    `gradecli replay PSET` tells everybody who makes the mistake, without running their code.
    """
    from gradecli.operator_admission import admit_here, show_admission

    admission = admit_here(
        pset, problem, source=source, name=name, sentence=sentence, problems=problems, sandbox=sandbox
    )
    show_admission(admission, pset)

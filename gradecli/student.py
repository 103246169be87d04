"""The commands of students. Each imports what it needs when it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["check", "feedback", "login", "logout", "psets", "scores", "start", "submit"]

CourseOption = Annotated[
    str | None, typer.Option("--course", metavar="NAME", help="The course, if you are in several.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def login(
    url: Annotated[str | None, typer.Argument(metavar="URL", help="Your course's server.")] = None,
    token: Annotated[
        str | None,
        typer.Option("--token", metavar="TOKEN", help="Instead of the browser; - to be asked for it."),
    ] = None,
    course: Annotated[
        str | None, typer.Option("--course", metavar="NAME", help="Make this your usual course.")
    ] = None,
    admin: Annotated[bool, typer.Option("--admin", help="Ask for what administrators may do, too.")] = False,
) -> None:
    """Log in to your course's server.

    A short code is shown; enter it on the server's page, where you log in with your password or
    the token you were given. What is kept here, in a file that only you can read, is a token of
    this machine's own. From a pipe, a token is read instead. With --course alone, an existing
    log-in stays and only your usual course changes.
    """
    from gradecli.account import log_in, obtain_token, saved_login

    saved = saved_login()
    if url is None and token is None and course is not None and saved is not None:
        log_in(saved.url, saved.token, course)
        return
    if url is None:
        url = saved.url if saved else typer.prompt("Your course's server", default="http://127.0.0.1:8000")
    log_in(url, obtain_token(url, token, admin=admin), course)


def logout() -> None:
    """Forget the log-in on this machine."""
    from gradecli.account import log_out

    log_out()


def psets(course: CourseOption = None, as_json: JsonOption = False) -> None:
    """List the problem sets and when they are due."""
    from gradecli.results import psets as find
    from gradecli.results import show_psets
    from gradecli.terminal import say_json

    found = find(course)
    if as_json:
        say_json([pset.model_dump(mode="json") for pset in found])
    else:
        show_psets(found)


def start(
    pset: Annotated[str, typer.Argument(metavar="PSET", help="The set's name, such as pset1.")],
    into: Annotated[
        Path | None, typer.Option("--into", metavar="DIR", help="Make its folder there instead of here.")
    ] = None,
    course: CourseOption = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace files you changed; yours are kept beside them.")
    ] = False,
) -> None:
    """Download a problem set into a folder of its name.

    Running it again brings a corrected handout; files you have changed are left as they are.
    """
    from gradecli.homework import start as begin

    begin(pset, into=into or Path(), course=course, force=force)


def check(
    pset: Annotated[
        str | None, typer.Argument(metavar="PSET", help="The set's name or folder; else the one here.")
    ] = None,
    path: Annotated[
        Path | None,
        typer.Argument(
            metavar="PATH", help="What to check: a folder, zip, notebook or .py; else the folder."
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Run the public checks on your own machine.

    What is checked is read as submit reads it, and no server is needed. Exits with 0 when all
    pass and 1 when one does not.
    """
    from gradecli.homework import check as run_checks
    from gradecli.reports import show_public_checks
    from gradecli.terminal import say_json

    report = run_checks(pset, path=path, where=Path())
    if as_json:
        say_json(report.model_dump(mode="json"))
        passed = all(check.verdict == "passed" for problem in report.problems for check in problem.checks)
    else:
        passed = show_public_checks(report)
    raise typer.Exit(0 if passed else 1)


def submit(
    pset: Annotated[
        str | None, typer.Argument(metavar="PSET", help="The set's name or folder; else the one here.")
    ] = None,
    path: Annotated[
        Path | None,
        typer.Argument(metavar="PATH", help="A folder, zip, notebook or .py file; else the set's folder."),
    ] = None,
    course: CourseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Hand in a problem set, see what it earns.

    Only the set's own files are sent: .py files, and notebooks that mark cells for it. If the
    server or the connection fails, the submission is kept and running this again takes it up; the
    same files are never handed in twice by that.
    Exits with 0 once graded, whatever the score; 2 when there is nothing to send; 3 when the
    server failed and it is kept; 4 when you are not logged in; 5 when the server refuses it.
    """
    from gradecli.homework import submit as hand_in
    from gradecli.reports import show_report
    from gradecli.terminal import say_json

    report = hand_in(pset, path=path, where=Path(), course=course)
    if as_json:
        say_json(report.model_dump(mode="json"))
    else:
        show_report(report)


def scores(course: CourseOption = None, as_json: JsonOption = False) -> None:
    """Show your scores.

    The best attempt of each set counts.
    """
    from gradecli.results import scores as find
    from gradecli.results import show_scores
    from gradecli.terminal import say_json

    found = find(course)
    if as_json:
        say_json([score.model_dump(mode="json") for score in found])
    else:
        show_scores(found)


def feedback(
    which: Annotated[
        str | None, typer.Argument(metavar="PSET|ID", help="A set's name or a submission's id.")
    ] = None,
    course: CourseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show a submission's report.

    The newest, the newest of the set you name, or the one whose id you give.
    """
    from gradecli.reports import show_report
    from gradecli.results import feedback as find
    from gradecli.terminal import say_json

    report = find(which, course)
    if as_json:
        say_json(report.model_dump(mode="json"))
    else:
        show_report(report)

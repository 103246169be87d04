"""The commands of operators. Each imports what it needs, the service's packages included, when it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["doctor", "sandbox_build", "serve", "token", "worker"]

DataOption = Annotated[
    Path | None, typer.Option("--data", metavar="DIR", help="The service's folder; else gradecli-data.")
]
ProblemsOption = Annotated[
    Path | None, typer.Option("--problems", metavar="DIR", help="Problem packages; else problems.")
]
SandboxOption = Annotated[
    str | None,
    typer.Option("--sandbox", metavar="bubblewrap|docker", help="Where submissions run; else bubblewrap."),
]


def serve(
    host: Annotated[str | None, typer.Option("--host", help="Address to listen on; else 127.0.0.1.")] = None,
    port: Annotated[int | None, typer.Option("--port", help="Port to listen on; else 8000.")] = None,
    data: DataOption = None,
    problems: ProblemsOption = None,
    sandbox: SandboxOption = None,
) -> None:
    """Run the course service.

    For operators: its web process and workers, kept alive until SIGTERM. Every other setting is
    an environment variable, listed in docs/settings.md.
    """
    from gradecli.operator_service import run_service

    run_service(host=host, port=port, data=data, problems=problems, sandbox=sandbox)


def worker(data: DataOption = None, problems: ProblemsOption = None, sandbox: SandboxOption = None) -> None:
    """Run one more worker beside a service."""
    from gradecli.operator_service import run_worker

    run_worker(data=data, problems=problems, sandbox=sandbox)


def token(
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="Whose.")],
    data: DataOption = None,
) -> None:
    """Print a new token for somebody.

    For operators, on the server itself, when somebody has lost theirs.
    """
    from gradecli.operator_service import issue_token
    from gradecli.terminal import say

    say(issue_token(email, data=data))


def sandbox_build(
    runtimes: Annotated[
        list[str] | None,
        typer.Argument(metavar="RUNTIME", help="Any of numpy, torch, cuda; else numpy and torch."),
    ] = None,
) -> None:
    """Build the images that the Docker sandbox runs."""
    from gradecli.operator_images import build_images

    build_images(runtimes or ["numpy", "torch"])


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Say what this machine can do, and how to get the rest."""
    from gradecli.operator_doctor import examine, show
    from gradecli.terminal import say_json

    findings = examine()
    if as_json:
        say_json([finding.as_json() for finding in findings])
    else:
        show(findings)

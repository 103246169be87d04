"""The commands of operators. Each imports what it needs, the service's packages included, when it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = [
    "db_backup",
    "db_check",
    "db_restore",
    "db_status",
    "db_upgrade",
    "doctor",
    "retention_apply",
    "retention_preview",
    "sandbox_build",
    "serve",
    "worker",
]

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
    server: Annotated[
        bool | None,
        typer.Option("--server/--no-server", help="Look at a service's data; else if there is one."),
    ] = None,
    data: DataOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Say what this machine can do, and how to get the rest.

    Where a service's data lies, it is looked at too; then the command ends with 1 if something
    needs somebody to act.
    """
    from gradecli.operator_doctor import State, examine, show
    from gradecli.operator_doctor_server import examine_server, has_data
    from gradecli.terminal import say_json

    findings = examine()
    if server or (server is None and (data is not None or has_data(data))):
        findings += examine_server(data)
    if as_json:
        say_json([finding.as_json() for finding in findings])
    else:
        show(findings)
    if any(finding.state is State.ACT for finding in findings):
        raise typer.Exit(1)


def db_status(data: DataOption = None) -> None:
    """Show which database the service uses, its schema and its size."""
    from gradecli.operator_database import show_status

    show_status(data=data)


def db_upgrade(data: DataOption = None) -> None:
    """Bring the database to the schema of this version.

    Starting the service does the same. A SQLite database is copied first, to a file beside it; of
    PostgreSQL, make a backup before.
    """
    from gradecli.operator_database import upgrade_database

    upgrade_database(data=data)


def db_backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to; it must not exist yet.")],
    data: DataOption = None,
    without_key: Annotated[
        bool, typer.Option("--without-key", help="Leave the service key out, to be kept elsewhere.")
    ] = False,
) -> None:
    """Write the whole service into one file, while it runs or not.

    The file holds every student's work and the service's key, with which receipts can be forged:
    keep it secret.
    """
    from gradecli.operator_database import make_backup

    make_backup(file, data=data, with_key=not without_key)


def db_restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What db backup wrote.")],
    data: DataOption = None,
) -> None:
    """Put a backup back, into an empty folder and an empty database.

    GRADECLI_DATABASE_URL says which: so this is also the way from SQLite to PostgreSQL, or back.
    """
    from gradecli.operator_database import restore_backup

    restore_backup(file, data=data)


def db_check(data: DataOption = None) -> None:
    """Look for files and rows that are missing or damaged. Exit code 1 if there are any."""
    from gradecli.operator_database import check_database

    check_database(data=data)


def retention_preview(
    data: DataOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Say what the retention rule would remove. Changes nothing."""
    _retention(data, apply=False, as_json=as_json)


def retention_apply(
    data: DataOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Remove what the retention rule says. Grades, reports and the audit trail stay."""
    _retention(data, apply=True, as_json=as_json)


def _retention(data: Path | None, *, apply: bool, as_json: bool) -> None:
    from gradecli.operator_retention import carry_out, show
    from gradecli.terminal import say_json

    outcome = carry_out(data=data, apply=apply)
    if as_json:
        say_json(outcome.as_json())
    else:
        show(outcome)

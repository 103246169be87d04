"""Runs the course service, a worker beside it, and what an operator does to its data."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from gradecli.errors import BadInputError, PlatformError, ServiceDataError
from gradecli.terminal import note, say

if TYPE_CHECKING:
    from api.settings import Settings

__all__ = ["issue_password_link", "issue_token", "read_settings", "run_service", "run_worker"]


def run_service(
    *, host: str | None, port: int | None, data: Path | None, problems: Path | None, sandbox: str | None
) -> None:
    """Run until SIGTERM or Ctrl-C. What is ``None`` comes from the environment or its default.

    Raises:
        BadInputError: a setting cannot be right, or there is no folder of problems.
        PlatformError: the service's packages are missing, or it cannot start on this machine now.
        ServiceDataError: the data folder or the database is not what this version needs.
    """
    settings = read_settings(host=host, port=port, data=data, problems=problems, sandbox=sandbox)
    if not settings.problems.is_dir():
        raise BadInputError(
            f"There is no folder {settings.problems} of problem packages. Name one with --problems DIR."
        )
    _point_out_unknown_variables()
    if settings.workers:
        _point_out_a_missing_sandbox(settings.sandbox)
    from sqlalchemy.exc import SQLAlchemyError

    from api.errors import ApiError, DatabaseAwayError, StoreError
    from api.processes.ending import CannotStartError, ExitCode
    from api.supervisor import serve

    try:
        serve(settings, announce=say)
    except CannotStartError as error:
        kind = BadInputError if error.code is ExitCode.CONFIGURATION else ServiceDataError
        raise kind(str(error)) from error
    except (DatabaseAwayError, SQLAlchemyError) as error:
        raise _database_failure(error) from error
    except (ApiError, StoreError) as error:
        raise ServiceDataError(f"The service cannot start on {settings.data}: {error}") from error
    except OSError as error:
        raise PlatformError(
            f"The service cannot listen on {settings.host}, port {settings.port}: {error.strerror or error}. "
            "Is it running already? Otherwise choose another with --port."
        ) from error


def run_worker(*, data: Path | None, problems: Path | None, sandbox: str | None) -> None:
    """Grade submissions of the service whose data is in ``data`` until SIGTERM or Ctrl-C."""
    settings = read_settings(data=data, problems=problems, sandbox=sandbox)
    _point_out_a_missing_sandbox(settings.sandbox)
    from sqlalchemy.exc import SQLAlchemyError

    from api.errors import ApiError, DatabaseAwayError, StoreError
    from api.logs import start_logging
    from api.worker.process import run

    start_logging("worker", settings)
    try:
        run(settings)
    except (DatabaseAwayError, SQLAlchemyError) as error:
        raise _database_failure(error) from error
    except (ApiError, StoreError) as error:
        raise ServiceDataError(
            f"{error} Start the service once first: gradecli serve --data {settings.data}"
        ) from error


def issue_token(email: str, *, data: Path | None) -> str:
    """A new token for the person with that e-mail address.

    Raises:
        BadInputError: there is nobody, or no service, of that description.
    """
    from api.bootstrap import new_token

    return _for_person(new_token, _existing(data), email)


def issue_password_link(email: str, *, data: Path, url: str | None) -> str:
    """A link with which the person with that e-mail address sets a password, once.

    Args:
        url: the address that people reach the service at; else the one it listens on.

    Raises:
        BadInputError: there is nobody, or no service, of that description.
    """
    from api.bootstrap import new_password_link
    from gradecli.addresses import normal_url

    settings = _existing(data)
    base = normal_url(url) if url is not None else f"http://{settings.host}:{settings.port}"
    return f"{base}/password#{_for_person(new_password_link, settings, email)}"


def _existing(data: Path | None) -> Settings:
    settings = read_settings(data=data)
    if settings.database_url is None and not settings.data.is_dir():
        raise BadInputError(
            f"There is no service's data in {settings.data}. Name its folder with --data DIR."
        )
    return settings


def _for_person(issue: Callable[[Settings, str], str], settings: Settings, email: str) -> str:
    from api.errors import NotFoundError

    try:
        return issue(settings, email)
    except NotFoundError as error:
        raise BadInputError(str(error)) from error


def read_settings(**given: object) -> Settings:
    """The service's settings: what is given and not ``None``, else the environment's.

    Raises:
        BadInputError: one cannot be right.
        PlatformError: the service's packages are missing, or this system cannot run it.
    """
    if os.name != "posix":
        raise PlatformError(
            "The course service runs on Linux and macOS. On Windows, run it in WSL or in Docker."
        )
    try:
        from pydantic import ValidationError
        from pydantic_settings.exceptions import SettingsError

        from api.settings import Settings, problems_of
    except ImportError as error:
        raise PlatformError(
            f"The course service needs {error.name}, which is not installed: pip install 'gradecli[worker]'"
        ) from error
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
    except (ValidationError, SettingsError) as error:
        lines = [f"  {sentence}" for sentence in problems_of(error)]
        raise BadInputError("These settings cannot be used:\n" + "\n".join(lines)) from error


def _database_failure(error: Exception) -> Exception:
    """What the command ends with: a sentence for an outage, the error itself for a mistake of ours."""
    from sqlalchemy.exc import SQLAlchemyError

    from api.database_outage import as_outage
    from api.errors import DatabaseAwayError

    outage = as_outage(error) if isinstance(error, SQLAlchemyError) else error
    if not isinstance(outage, DatabaseAwayError):
        return error
    return PlatformError(f"The database cannot be used: {outage.evidence}")


def _point_out_unknown_variables() -> None:
    from api.settings import unknown_variables

    for sentence in unknown_variables(os.environ):
        note(sentence)


def _point_out_a_missing_sandbox(name: str) -> None:
    from sandbox import InfrastructureError, Runtime
    from sandbox.backends import find

    try:
        answer = find(name).availability(Runtime.NUMPY)
    except InfrastructureError as error:
        problem = str(error)
    else:
        if answer.ok:
            return
        problem = f"{answer.detail}. {answer.remedy}"
    note(f"Nothing can be graded yet: the {name} sandbox does not work on this machine. {problem}")
    note("Everything else works; submissions wait. See gradecli doctor.")

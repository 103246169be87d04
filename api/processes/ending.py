"""How the service's processes end, and what their exit status says to whoever started them."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from enum import IntEnum

from pydantic import ValidationError
from pydantic_settings.exceptions import SettingsError
from sqlalchemy.exc import SQLAlchemyError

from api.database_outage import as_outage
from api.errors import ApiError, DatabaseAwayError, StoreError
from api.logs import start_logging
from api.settings import Settings, problems_of

__all__ = ["PERMANENT", "CannotStartError", "ExitCode", "run_process"]

log = logging.getLogger(__name__)


class ExitCode(IntEnum):
    """The same for ``gradecli serve``, ``gradecli worker`` and the processes that the first starts."""

    DONE = 0
    CRASHED = 1
    CONFIGURATION = 2
    """A setting cannot be right: starting again without changing it does not help."""
    PLATFORM = 3
    """The database, the network, the disk or a port: starting again later may help."""
    DATA = 6
    """The data folder or the database is not what this version needs: somebody must look."""


PERMANENT = frozenset({ExitCode.CONFIGURATION, ExitCode.DATA})


class CannotStartError(Exception):
    """A process of the service cannot start, and starting it again would not help."""

    def __init__(self, code: ExitCode, message: str) -> None:
        super().__init__(message)
        self.code = code


def run_process(name: str, run: Callable[[Settings], None]) -> ExitCode:
    """Read the settings, start logging, and run a process of the supervisor's until it ends.

    Returns its exit status. An exception that nobody foresaw passes: Python logs it and ends with 1.
    """
    try:
        settings = Settings()
    except (ValidationError, SettingsError) as error:
        sys.stderr.write("".join(f"{sentence}\n" for sentence in problems_of(error)))
        return ExitCode.CONFIGURATION
    start_logging(name, settings)
    try:
        run(settings)
    except SQLAlchemyError as error:
        outage = as_outage(error)
        if outage is None:
            raise
        log.critical("this process cannot go on: %s (%s)", outage, outage.evidence)
        return ExitCode.PLATFORM
    except (DatabaseAwayError, OSError) as error:
        log.critical("this process cannot go on: %s", error, exc_info=isinstance(error, OSError))
        return ExitCode.PLATFORM
    except (StoreError, ApiError) as error:
        log.critical("this process cannot start: %s", error)
        return ExitCode.DATA
    return ExitCode.DONE

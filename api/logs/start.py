"""Setting a process up for logging: once, first thing."""

from __future__ import annotations

import logging
import sys
import threading
from types import TracebackType

from api.logs.lines import JsonLines, TextLines
from api.logs.redaction import never_log
from api.settings import LogFormat, Settings

__all__ = ["start_logging"]


def start_logging(process: str, settings: Settings) -> None:
    """Log to standard error from now on, naming this process: our own lines, those of libraries,
    warnings, and exceptions that nobody caught."""
    never_log(*settings.secret_values())
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(process) if settings.log_format is LogFormat.JSON else TextLines(process))
    level = logging.getLevelNamesMapping()[settings.log_level.value.upper()]
    # Only our own packages say more than usual: libraries would print what they are given.
    logging.basicConfig(level=max(level, logging.INFO), handlers=[handler], force=True)
    for name in ("api", "grader", "sandbox"):
        logging.getLogger(name).setLevel(level)
    # A line that cannot be written is dropped: the traceback that would be shown instead holds its values.
    logging.raiseExceptions = False
    logging.captureWarnings(capture=True)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "alembic", "sqlalchemy"):
        library = logging.getLogger(name)
        library.handlers.clear()
        library.propagate = True
    # Migrations announce themselves at each start; only what they do to a database matters. Of
    # requests we write our own lines: the server's hold the whole address.
    for name in ("alembic", "uvicorn.access"):
        logging.getLogger(name).setLevel(logging.WARNING)
    sys.excepthook = _log_uncaught
    threading.excepthook = _log_uncaught_in_thread


def _log_uncaught(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    logging.getLogger("api").critical("this process ends", exc_info=(kind, error, traceback))


def _log_uncaught_in_thread(arguments: threading.ExceptHookArgs) -> None:
    error = arguments.exc_value
    if error is None or isinstance(error, SystemExit):
        return
    logging.getLogger("api").critical("a thread ended", exc_info=(type(error), error, error.__traceback__))

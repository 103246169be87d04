"""Telling an outage of the database, which passes, from a mistake of ours, which does not."""

from __future__ import annotations

import sqlite3

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnectionFreeError

from api.errors import DatabaseAwayError

__all__ = ["as_outage", "busy"]

_SQLITE_FULL = sqlite3.SQLITE_FULL
_SQLITE_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_SQLITE_AWAY = {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY}

# Classes and codes of https://www.postgresql.org/docs/current/errcodes-appendix.html
_POSTGRESQL_FULL = ("53100",)
_POSTGRESQL_BUSY = ("40001", "40P01", "55P03", "53300")
_POSTGRESQL_AWAY = ("08", "53", "57", "58", "25006", "25P03")

_SENTENCE = "The course's database is not available right now. Nothing is lost: try again in a little while."
_FULL = (
    "The course's server has no room left on its disk, so it cannot take this now. "
    "What was taken before is safe. Tell the course staff, and try again later."
)
_BUSY = "Very much is being written right now. Nothing is lost: try again in a few seconds."


def busy() -> DatabaseAwayError:
    """What a writer that waited too long for its turn raises."""
    return DatabaseAwayError(_BUSY, evidence="other writers held the database for too long", retry_after=2)


def as_outage(error: SQLAlchemyError) -> DatabaseAwayError | None:
    """The refusal that ``error`` comes to, or ``None`` where waiting would not help."""
    if isinstance(error, NoConnectionFreeError):
        return busy()
    if not isinstance(error, DBAPIError):
        return None
    evidence = str(error.orig).strip()
    if _is_full(error):
        return DatabaseAwayError(_FULL, evidence=evidence, retry_after=60)
    if _is_busy(error):
        return DatabaseAwayError(_BUSY, evidence=evidence, retry_after=2)
    if _is_away(error):
        return DatabaseAwayError(_SENTENCE, evidence=evidence, retry_after=5)
    return None


def _is_full(error: DBAPIError) -> bool:
    return _sqlite_code(error) == _SQLITE_FULL or _sqlstate(error).startswith(_POSTGRESQL_FULL)


def _is_busy(error: DBAPIError) -> bool:
    return _sqlite_code(error) in _SQLITE_BUSY or _sqlstate(error).startswith(_POSTGRESQL_BUSY)


def _is_away(error: DBAPIError) -> bool:
    if error.connection_invalidated or _sqlite_code(error) in _SQLITE_AWAY:
        return True
    state = _sqlstate(error)
    # Without a code the server said nothing: it could not be reached.
    unanswered = not state and type(error.orig).__module__.startswith("psycopg")
    return state.startswith(_POSTGRESQL_AWAY) or (unanswered and _is_operational(error))


def _is_operational(error: DBAPIError) -> bool:
    return type(error.orig).__name__ in {"OperationalError", "InterfaceError", "ConnectionTimeout"}


def _sqlite_code(error: DBAPIError) -> int | None:
    code = getattr(error.orig, "sqlite_errorcode", None)
    return None if code is None else int(code) & 0xFF


def _sqlstate(error: DBAPIError) -> str:
    return getattr(error.orig, "sqlstate", None) or ""

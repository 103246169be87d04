"""The database's schema, one step at a time. Made with Alembic; run when the service starts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from api.database import Database
from api.errors import UnavailableError

__all__ = ["require_current", "upgrade"]

_WAIT_SECONDS = 600
_TURN_TO_UPGRADE = 0x67726165


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "api:migrations")
    config.set_main_option("path_separator", "os")
    return config


def upgrade(database: Database) -> None:
    """Bring the database to the newest schema, in one transaction. Does nothing when it is there.

    Processes that start at the same time wait for each other.
    """
    config = _config()
    with _without_foreign_keys(database) as connection, connection.begin():
        _wait_for_others(connection)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        _require_whole(connection)


@contextmanager
def _without_foreign_keys(database: Database) -> Iterator[Connection]:
    """A connection on which SQLite lets tables be rebuilt that others refer to.

    It looks away for the time of the migration; :func:`_require_whole` looks before the commit.
    """
    with database.engine.connect() as connection:
        if connection.dialect.name != "sqlite":
            yield connection
            return
        driver: Any = connection.connection.driver_connection
        driver.execute("PRAGMA foreign_keys = OFF")
        try:
            yield connection
        finally:
            driver.execute("PRAGMA foreign_keys = ON")


def _wait_for_others(connection: Connection) -> None:
    """One upgrade at a time: on SQLite the transaction itself sees to that."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{_WAIT_SECONDS}s'")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_TURN_TO_UPGRADE})")


def _require_whole(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        assert not broken, f"the migration left rows that refer to nothing: {broken[:5]}"


def require_current(database: Database) -> None:
    """Check that the schema is the one this version of the code expects.

    Raises:
        UnavailableError: it is older or newer; the message says what to do.
    """
    head = ScriptDirectory.from_config(_config()).get_current_head()
    with database.engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    if current != head:
        found = f"has schema {current}" if current else "is empty"
        msg = f"The database {found}; this version needs schema {head}. Start it once with `gradecli serve`."
        raise UnavailableError(msg)

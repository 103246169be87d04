"""The database's schema, one step at a time. Made with Alembic; run when the service starts."""

from __future__ import annotations

import logging
import secrets
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from api.database import Database
from api.errors import UnavailableError

__all__ = [
    "current_revision",
    "fill_and_upgrade",
    "knows_revision",
    "migrating",
    "newest_revision",
    "require_current",
    "upgrade",
]

log = logging.getLogger(__name__)

_WAIT_SECONDS = 600
_TURN_TO_UPGRADE = 0x67726165


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "api:migrations")
    config.set_main_option("path_separator", "os")
    return config


def upgrade(database: Database) -> None:
    """Bring the database to the newest schema, in one transaction. Does nothing when it is there.

    Processes that start at the same time wait for each other. A SQLite database is copied first,
    to a file beside it; of a PostgreSQL one the operator makes a backup.

    Raises:
        UnavailableError: the copy cannot be made.
    """
    _keep_copy(database)
    with migrating(database) as (connection, config):
        del connection
        command.upgrade(config, "head")


def fill_and_upgrade(database: Database, revision: str, fill: Callable[[Connection], None]) -> None:
    """Make the tables of an older schema in an empty database, let ``fill`` put rows in, upgrade.

    In one transaction: all of it is there afterwards, or nothing.
    """
    with migrating(database) as (connection, config):
        command.upgrade(config, revision)
        fill(connection)
        command.upgrade(config, "head")


def newest_revision() -> str:
    """The schema that this version of the code expects."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None
    return head


def knows_revision(revision: str) -> bool:
    """Whether there is a way from that schema to the newest."""
    return revision in {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}


def current_revision(connection: Connection) -> str | None:
    """The schema that the database has; ``None`` when it is empty."""
    return MigrationContext.configure(connection).get_current_revision()


@contextmanager
def migrating(database: Database) -> Iterator[tuple[Connection, Config]]:
    """One transaction, alone, for Alembic's commands: they find it in the ``Config``."""
    config = _config()
    with _without_foreign_keys(database) as connection, connection.begin():
        if connection.dialect.name == "postgresql":
            # A slow step of ours is no reason to be thrown out.
            connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
        _wait_for_others(connection)
        config.attributes["connection"] = connection
        yield connection, config
        _require_whole(connection)


def _keep_copy(database: Database) -> None:
    """Copy a SQLite database that is about to be upgraded: a mistake of ours must not cost a term."""
    file = database.engine.url.database
    if database.kind != "sqlite" or not file or not Path(file).is_file():
        return
    with database.engine.connect() as connection:
        revision = current_revision(connection)
    if revision in {None, newest_revision()}:
        return
    copy = Path(f"{file}.before-{newest_revision()}")
    if copy.exists():
        return
    temporary = copy.with_name(f".{copy.name}.{secrets.token_hex(8)}")
    try:
        temporary.touch(mode=0o600)
        with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(temporary)) as target:
            source.backup(target)
        temporary.replace(copy)
    except (OSError, sqlite3.Error) as error:
        msg = f"The database must be upgraded, but cannot be copied to {copy} first: {error}."
        raise UnavailableError(msg) from error
    finally:
        temporary.unlink(missing_ok=True)
    log.warning("the database is upgraded from schema %s; as it was, it is kept in %s", revision, copy)


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
    head = newest_revision()
    with database.reading() as session:
        current = current_revision(session.connection())
    if current != head:
        found = f"has schema {current}" if current else "is empty"
        msg = f"The database {found}; this version needs schema {head}. Start it once with `gradecli serve`."
        raise UnavailableError(msg)

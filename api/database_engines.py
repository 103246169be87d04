"""How SQLite and PostgreSQL are opened, and how each kind of transaction begins on them."""

from __future__ import annotations

from enum import Enum
from typing import Any

from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.engine import URL, Connection
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

__all__ = ["WAIT_SECONDS", "Transaction", "engine_for", "make_engine"]

WAIT_SECONDS = 15
"""How long a writer waits for its turn."""

# Shorter than that: a writer that froze in the middle (a paused process, a cut network) is ended by
# the server before those behind it give up.
_FROZEN_SECONDS = 10
_CONNECT_SECONDS = 5
_TURN_TO_WRITE = 0x67726164
_KIND = "gradecli_transaction"


class Transaction(Enum):
    """What a transaction is for. See the methods of :class:`api.database.Database`."""

    READING = "reading"
    WRITING = "writing"
    WRITING_BESIDE = "writing beside others"


def make_engine(address: str) -> Engine:
    """An engine for ``sqlite:///FILE`` or ``postgresql://USER:PASSWORD@HOST/NAME``.

    Raises:
        ValueError: it is neither.
    """
    url = make_url(address)
    match url.get_backend_name():
        case "sqlite":
            return _sqlite_engine(url)
        case "postgresql" | "postgres":
            return _postgresql_engine(url.set(drivername="postgresql+psycopg"))
        case other:
            msg = f"the database must be SQLite or PostgreSQL, not {other}"
            raise ValueError(msg)


def engine_for(engine: Engine, kind: Transaction) -> Engine:
    """The same engine, whose transactions are of that kind."""
    options: dict[str, Any] = {_KIND: kind}
    if engine.dialect.name == "postgresql":
        if kind is Transaction.READING:
            options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        else:
            # Each statement sees what was committed before it; so, whatever was before our turn.
            options |= {"isolation_level": "READ COMMITTED"}
    return engine.execution_options(**options)


def _sqlite_engine(url: URL) -> Engine:
    # One connection for each thread that may serve a request, so that none waits for the pool.
    engine = create_engine(
        url,
        connect_args={"check_same_thread": False},
        pool_size=16,
        max_overflow=64,
        # An error's text goes to the log, and may not hold what was asked with.
        hide_parameters=True,
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    # The driver's own transaction handling begins too late (at the first write): switch it off.
    handle: Any = connection
    handle.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {WAIT_SECONDS * 1000}")
    cursor.execute("PRAGMA journal_mode = WAL")
    # A receipt is a promise: what was committed survives a power cut.
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    reading = connection.get_execution_options().get(_KIND) is Transaction.READING
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _postgresql_engine(url: URL) -> Engine:
    # A server that vanished is noticed in half a minute, not in the system's two hours.
    patience = {
        "connect_timeout": _CONNECT_SECONDS,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 4,
        "tcp_user_timeout": 30_000,
    }
    engine = create_engine(
        url,
        connect_args={name: value for name, value in patience.items() if name not in url.query},
        # A connection that broke while it was idle is replaced unseen.
        pool_pre_ping=True,
        # Few enough for several processes within PostgreSQL's usual 100.
        pool_size=4,
        max_overflow=12,
        pool_timeout=WAIT_SECONDS,
        hide_parameters=True,
    )
    event.listen(engine, "connect", _prepare_postgresql)
    event.listen(engine, "begin", _begin_postgresql)
    return engine


def _prepare_postgresql(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    from psycopg.types.string import StrDumper

    class WithoutNul(StrDumper):
        """PostgreSQL's text cannot hold the character NUL, which students' programs can print."""

        def dump(self, obj: str) -> Any:
            return super().dump(obj.replace("\0", "\ufffd"))

    handle: Any = connection
    handle.adapters.register_dumper(str, WithoutNul)
    cursor = connection.cursor()
    cursor.execute(f"SET lock_timeout = '{WAIT_SECONDS}s'")
    cursor.execute(f"SET idle_in_transaction_session_timeout = '{_FROZEN_SECONDS}s'")
    cursor.close()
    connection.commit()


def _begin_postgresql(connection: Connection) -> None:
    if connection.get_execution_options().get(_KIND) is Transaction.WRITING:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_TURN_TO_WRITE})")

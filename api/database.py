"""The database: engine, transactions and what every table has in common."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import DateTime, Dialect, Engine, Enum, MetaData
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

from api.database_engines import WAIT_SECONDS, Transaction, engine_for, make_engine
from api.database_outage import as_outage, busy
from api.errors import DatabaseAwayError

__all__ = ["Base", "Database", "UtcDateTime", "now", "stored_enum"]

_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

log = logging.getLogger(__name__)


class Base(DeclarativeBase):
    """The base of every table. Constraints have fixed names, so migrations can refer to them."""

    metadata = MetaData(naming_convention=_NAMES)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment, always aware and always in UTC, also in databases that keep no time zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            msg = "a moment without a time zone cannot be stored: use api.database.now()"
            raise ValueError(msg)
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def stored_enum(kind: type[StrEnum]) -> Enum:
    """A column type that keeps an enumeration's values as text, checked by the database."""
    return Enum(
        kind,
        native_enum=False,
        create_constraint=True,
        length=32,
        name=kind.__name__.lower(),
        values_callable=lambda members: [member.value for member in members],
    )


def now() -> datetime:
    """The present moment, in UTC."""
    return datetime.now(UTC)


class Database:
    """Transactions on one database. Short ones: nothing slow happens while one is open.

    One writer at a time, on both kinds of database: what a writing transaction has read is still
    true when it commits, so code may look first and write then. On SQLite it takes the write lock
    when it begins (``BEGIN IMMEDIATE``), on PostgreSQL a lock of ours. It waits for its turn for up
    to 15 seconds. Reading never waits.

    Raises:
        DatabaseAwayError: from each transaction, at its beginning or its end, when the database
            cannot do it now. Nothing was written then, except when the connection broke during the
            commit: nobody knows. Ask again before you repeat.
    """

    def __init__(self, address: str) -> None:
        self.engine = make_engine(address)
        self.kind: str = self.engine.dialect.name
        """``sqlite`` or ``postgresql``."""
        self._reading = engine_for(self.engine, Transaction.READING)
        self._writing = engine_for(self.engine, Transaction.WRITING)
        self._writing_beside = engine_for(self.engine, Transaction.WRITING_BESIDE)
        # SQLite's waiting writers poll, and the unlucky ones starve; PostgreSQL's would each hold a
        # connection that readers need. So the threads of a process queue here.
        self._turn = threading.RLock()
        self._away = False

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that sees one consistent snapshot and never writes."""
        with (
            self._failures_in_words(),
            Session(self._reading, expire_on_commit=False, autoflush=False) as session,
        ):
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session whose changes are committed together at the end, or not at all.

        A thread opens one at a time: a second inside it waits for the first until it fails.
        """
        with self._failures_in_words(), self._own_turn(), self._begin(self._writing) as session:
            yield session

    @contextmanager
    def writing_beside(self) -> Iterator[Session]:
        """Like :meth:`writing`, but on PostgreSQL beside other writers: for small frequent writes.

        Nothing is true but what the caller has locked: lock the row you decide by first (as an
        ``UPDATE`` that names what it must be), and no second one after it.
        """
        if self.kind == "sqlite":
            with self.writing() as session:
                yield session
            return
        with self._failures_in_words(), self._begin(self._writing_beside) as session:
            yield session

    def close(self) -> None:
        self.engine.dispose()

    @contextmanager
    def _begin(self, engine: Engine) -> Iterator[Session]:
        with Session(engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def _own_turn(self) -> Iterator[None]:
        if not self._turn.acquire(timeout=WAIT_SECONDS):
            raise busy()
        try:
            yield
        finally:
            self._turn.release()

    @contextmanager
    def _failures_in_words(self) -> Iterator[None]:
        """Tell an outage from a mistake of ours; log its beginning and its end, once each."""
        try:
            yield
        except SQLAlchemyError as error:
            outage = as_outage(error)
            if outage is None:
                raise
            self._note(outage)
            raise outage from error
        self._note(None)

    def _note(self, outage: DatabaseAwayError | None) -> None:
        if outage is not None and not self._away:
            log.error("the database cannot be used: %s", outage.evidence)
        elif outage is None and self._away:
            log.warning("the database can be used again")
        self._away = outage is not None

"""Transactions, types and the schema."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta, timezone

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, select, text
from sqlalchemy.exc import IntegrityError, StatementError

from api.accounts.models import Token, User
from api.database import Base, Database
from api.errors import UnavailableError
from api.migrations import require_current, upgrade


@pytest.fixture
def database(database_address):
    opened = Database(database_address)
    upgrade(opened)
    yield opened
    opened.close()


def test_the_migrations_make_exactly_the_models(database):
    with database.engine.connect() as connection:
        if database.kind == "postgresql":  # comparing takes a busy machine longer than a writer may idle
            connection.exec_driver_sql("SET idle_in_transaction_session_timeout = 0")
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_checks_in_the_models_are_checks_in_the_database(database):
    expected = {
        (table.name, constraint.name)
        for table in Base.metadata.tables.values()
        for constraint in table.constraints
        if constraint.name and str(constraint.name).startswith("ck_")
    }
    inspector = inspect(database.engine)
    found = {
        (table, check["name"])
        for table in Base.metadata.tables
        for check in inspector.get_check_constraints(table)
    }
    assert found == expected
    assert len(expected) == 8


def test_upgrading_again_changes_nothing(database):
    upgrade(database)
    require_current(database)


def test_a_database_of_another_version_is_refused_in_words(database_address):
    empty = Database(database_address)
    with pytest.raises(UnavailableError, match=r"is empty.*gradecli serve"):
        require_current(empty)
    empty.close()


def test_starts_at_the_same_time_wait_for_each_other(database_address):
    errors = []

    def start() -> None:
        database = Database(database_address)
        try:
            upgrade(database)
        except Exception as error:
            errors.append(error)
        finally:
            database.close()

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


def test_sqlite_is_set_up_for_safety(tmp_path):
    database = Database(f"sqlite:///{tmp_path}/test.sqlite3")
    with database.reading() as session:
        pragma = {
            name: session.execute(text(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "foreign_keys", "synchronous", "busy_timeout")
        }
    database.close()
    assert pragma == {"journal_mode": "wal", "foreign_keys": 1, "synchronous": 2, "busy_timeout": 15_000}


def test_foreign_keys_are_enforced(database):
    with pytest.raises(IntegrityError), database.writing() as session:
        session.add(Token(user_id=99, sha256="0" * 64, label="nobody's"))


def test_writers_take_turns_and_never_deadlock(database):
    with database.writing() as session:
        session.add(User(name="0", email="counter"))

    def count() -> None:
        for _ in range(10):
            with database.writing() as session:
                user = session.scalars(select(User)).one()
                value = int(user.name)
                time.sleep(0.001)
                user.name = str(value + 1)

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as session:
        assert session.scalars(select(User.name)).one() == "40"


def test_readers_do_not_wait_for_a_writer(database):
    with database.writing() as writing:
        writing.add(User(name="unseen", email="x"))
        writing.flush()
        started = time.monotonic()
        with database.reading() as session:
            assert session.scalars(select(User)).all() == []
        assert time.monotonic() - started < 1


def test_what_fails_inside_a_transaction_leaves_nothing(database):
    def fail() -> None:
        with database.writing() as session:
            session.add(User(name="x", email="x"))
            session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with database.reading() as session:
        assert session.scalars(select(User)).all() == []


def test_moments_come_back_in_utc(database):
    moment = datetime(2026, 11, 21, 13, 0, 0, 123456, tzinfo=timezone(timedelta(hours=1)))
    with database.writing() as session:
        session.add(User(name="x", email="x", created_at=moment))
    with database.reading() as session:
        found = session.scalars(select(User.created_at)).one()
        assert (found, found.tzinfo) == (moment, UTC)
        assert session.scalars(select(User).where(User.created_at < moment + timedelta(microseconds=1))).one()
        assert not session.scalars(select(User).where(User.created_at < moment)).all()


def test_a_moment_without_a_zone_cannot_be_stored(database):
    user = User(name="x", email="x", created_at=datetime(2026, 1, 1))  # noqa: DTZ001
    with pytest.raises(StatementError, match="time zone"), database.writing() as session:
        session.add(user)

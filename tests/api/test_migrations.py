"""Upgrading a service that has been used, on both databases."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from api.accounts.models import Token, TokenKind, User
from api.courses.models import Course, Enrolment, PackageVersion
from api.database import Database
from api.errors import UnavailableError
from api.gradebook.models import GradeChange, GradeReportRow
from api.jobs.models import FailureKind, GradingFailure, GradingJob, JobState, ProgressEvent
from api.migrations import require_current, upgrade
from api.submissions.models import Submission


@pytest.fixture
def upgraded(old_school):
    database = Database(old_school.database_address)
    with pytest.raises(UnavailableError, match="has schema 0001"):
        require_current(database)
    upgrade(database)
    yield database
    database.close()


def test_what_was_there_is_there(upgraded):
    with upgraded.reading() as session:
        ada = session.get_one(User, 2)
        assert (ada.name, ada.email, ada.password_hash) == ("Ada Łovelace", "ada@example.org", None)
        assert session.get_one(User, 1).created_at == datetime(2026, 9, 1, 8, 0, 0, 1, tzinfo=UTC)
        assert session.get_one(Course, 3).supersede_queued is False
        assert session.get_one(Enrolment, 2).section is None
        (problem,) = session.get_one(PackageVersion, "version1").problems
        assert problem.points == 10.0
        first = session.get_one(Submission, "s1")
        assert first.received_at == datetime(2026, 9, 3, 8, 0, 0, 500_000, tzinfo=UTC)
        assert [file.problem for file in first.files] == ["alpha"]
        assert (first.quarantined_at, first.uploads) == (None, [])
        assert session.get_one(GradeReportRow, 1).score == 7.1
        assert [change.after for change in session.scalars(select(GradeChange))] == [7.1, 7.3]
        failure = session.get_one(GradingFailure, 1)
        assert (failure.detail, failure.kind) == ("why", FailureKind.FAILED)
        assert session.get_one(ProgressEvent, 40).kind == "state"


def test_a_job_learns_whose_it_is(upgraded):
    with upgraded.reading() as session:
        jobs = session.scalars(select(GradingJob).order_by(GradingJob.id)).all()
        assert [(job.id, job.state, job.user_id) for job in jobs] == [
            (7, JobState.DONE, 2),
            (8, JobState.PARKED, 2),
            (9, JobState.QUEUED, 2),
        ]


def test_a_browsers_token_becomes_a_session(upgraded):
    with upgraded.reading() as session:
        tokens = session.scalars(select(Token).order_by(Token.id)).all()
        assert [token.kind for token in tokens] == [TokenKind.TOKEN, TokenKind.SESSION]
        assert {token.scopes for token in tokens} == {"read submit staff admin"}


def test_history_is_still_closed_to_rewriting(upgraded):
    for table in ("grade_reports", "grade_changes"):
        for statement in (f"UPDATE {table} SET id = 99", f"DELETE FROM {table}"):
            with pytest.raises(IntegrityError, match="append-only"), upgraded.writing() as session:
                session.execute(text(statement))


def test_new_rows_are_counted_on_from_the_old(upgraded):
    with upgraded.writing() as session:
        if upgraded.kind == "postgresql":  # raw rows with ids of their own did not move the sequence
            session.execute(text("SELECT setval('grading_jobs_id_seq', 9), setval('users_id_seq', 5)"))
        user = User(name="new", email="new")
        session.add(user)
        session.flush()
        assert user.id == 6
        keys = {"pset_id": 4, "user_id": 6, "package_digest": "version1", "idempotency_key": "k"}
        job = GradingJob(user_id=6)
        session.add(
            Submission(id="s4", attempt=1, digest="d", received_at=datetime.now(UTC), job=job, **keys)
        )
    with upgraded.reading() as session:
        assert session.scalars(select(GradingJob.id).where(GradingJob.submission_id == "s4")).one() == 10


def test_several_starts_upgrade_once(old_school):
    errors = []

    def start():
        database = Database(old_school.database_address)
        try:
            upgrade(database)
            require_current(database)
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


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_sqlite_database_is_copied_before_it_is_upgraded(old_school):
    path = Path(old_school.database_address.removeprefix("sqlite:///"))
    database = Database(old_school.database_address)
    upgrade(database)
    upgrade(database)
    database.close()
    (copy,) = path.parent.glob("*.before-*")
    assert copy.name == "test.sqlite3.before-0002"
    assert copy.stat().st_mode & 0o777 == 0o600
    before = Database(f"sqlite:///{copy}")
    with pytest.raises(UnavailableError, match="has schema 0001"):
        require_current(before)
    with before.reading() as session:
        assert session.scalar(select(func.count()).select_from(text("users"))) == 3
    before.close()


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_nothing_is_upgraded_when_it_cannot_be_copied(old_school, monkeypatch):
    def full(_path, mode):
        del mode
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("api.migrations.Path.touch", full)
    database = Database(old_school.database_address)
    with pytest.raises(UnavailableError, match=r"cannot be copied to .*before-0002 first: .*No space"):
        upgrade(database)
    with pytest.raises(UnavailableError, match="has schema 0001"):
        require_current(database)
    database.close()

"""A full disk, a full database, a clock that jumps: a clear answer each time, nothing lost, nothing twice."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import subprocess
import threading
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, func, select, text

import api.database
from api.errors import DatabaseAwayError
from api.models import GradeReportRow, GradingJob, JobState, Submission
from api.settings import Settings
from tests.api.conftest import Furnished, School

FILES = {"alpha.py": b"x = 1\n"}


def _count(school: School, table: Any) -> int:
    with school.services.database.reading() as session:
        return session.scalars(select(func.count()).select_from(table)).one()


def _state(school: School, submission: str) -> JobState:
    with school.services.database.reading() as session:
        return session.scalars(select(GradingJob.state).where(GradingJob.submission_id == submission)).one()


class Clock:
    """Stands in for ``datetime`` in :mod:`api.database`, and may jump."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self, zone: Any) -> datetime:
        return datetime.now(zone) + self.ahead


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(api.database, "datetime", made)
    assert api.database.now().tzinfo is UTC
    return made


# A full disk -------------------------------------------------------------------------------------


@pytest.fixture
def small_disk(furnished: Furnished, school_settings: Settings, app: Any, tmp_path: Path) -> Iterator[School]:
    """A school whose data folder is a disk of 16 MiB."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", disk], check=True)
    try:
        shutil.copytree(school_settings.data, disk / "data")
        settings = school_settings.model_copy(update={"data": disk / "data", "lease_seconds": 0.2})
        opened = School(settings, dict(furnished.tokens), app)
        opened.publish()
        yield opened
        opened.close()
    finally:
        subprocess.run(["umount", "--lazy", disk], check=True)


def _fill(school: School) -> Path:
    """Take what is left of the disk."""
    filler = school.settings.data / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (2**16, 2**10, 1):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                continue
    return filler


def test_on_a_full_disk_nothing_is_accepted_and_the_same_request_works_when_there_is_room(small_disk):
    filler = _fill(small_disk)
    key = str(uuid.uuid4())
    refused = small_disk.post_files("ada", FILES, key=key)
    assert refused.status_code == 503, refused.text
    assert "no room left on its disk" in refused.json()["error"]["message"]
    filler.unlink()
    assert _count(small_disk, Submission) == 0
    assert list((small_disk.settings.data / "staging").iterdir()) == []

    accepted = small_disk.post_files("ada", FILES, key=key)
    assert accepted.status_code == 201
    small_disk.grade(7.0)
    assert _count(small_disk, GradeReportRow) == 1


def test_a_verdict_that_finds_the_disk_full_is_given_once_there_is_room(small_disk):
    submission = small_disk.submit("ada")
    fillers: list[Path] = []
    full = threading.Event()

    def fill() -> None:
        fillers.append(_fill(small_disk))
        full.set()

    small_disk.grader.meanwhile = fill

    def grade() -> None:
        with contextlib.suppress(DatabaseAwayError):  # or it waits for room: either may be right
            small_disk.worker().grade_one()

    worker = threading.Thread(target=grade)
    worker.start()
    assert full.wait(30)
    worker.join(1.0)  # long enough to have found no room
    assert _count(small_disk, GradeReportRow) == 0 or small_disk.settings.database_url is not None
    fillers[0].unlink()
    small_disk.grader.meanwhile = lambda: None
    worker.join(60)
    assert not worker.is_alive()
    _grade_until_done(small_disk, submission)
    assert _count(small_disk, GradeReportRow) == 1


def _grade_until_done(school: School, submission: str) -> None:
    deadline = datetime.now(UTC) + timedelta(seconds=30)
    while _state(school, submission) is not JobState.DONE:
        assert datetime.now(UTC) < deadline
        school.worker("another").grade_one()


# A full database ---------------------------------------------------------------------------------


@pytest.fixture
def full_database(furnished: Furnished, school_settings: Settings, app: Any) -> Iterator[School]:
    """A school whose database has no room, or almost none, for another submission."""
    settings = school_settings.model_copy(update={"submissions_waiting": 100, "submissions_per_hour": 100})
    open_school = School(settings, dict(furnished.tokens), app)
    open_school.publish()
    engine = open_school.services.database.engine
    if engine.dialect.name == "sqlite":

        def fill(connection: Any, _record: object) -> None:
            pages = connection.execute("PRAGMA page_count").fetchone()[0]
            connection.execute(f"PRAGMA max_page_count = {pages}")

        engine.dispose()
        packed = sqlite3.connect(engine.url.database)
        packed.execute("VACUUM")
        packed.close()
        event.listen(engine, "connect", fill)
        yield open_school
        open_school.close()
        return
    with open_school.services.database.writing() as session:
        session.execute(
            text(
                "CREATE FUNCTION full_disk() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION"
                " 'could not extend file' USING ERRCODE = 'disk_full'; END $$ LANGUAGE plpgsql"
            )
        )
        session.execute(
            text("CREATE TRIGGER full_disk BEFORE INSERT ON submissions EXECUTE FUNCTION full_disk()")
        )
    yield open_school
    with open_school.services.database.writing() as session:
        session.execute(text("DROP TRIGGER IF EXISTS full_disk ON submissions"))
    open_school.close()


def test_a_full_database_refuses_in_words_and_loses_nothing(full_database):
    answers = [
        full_database.post_files("ada" if number % 2 else "bob", {"alpha.py": b"# %d\n" % number})
        for number in range(60)
    ]
    statuses = [answer.status_code for answer in answers]
    assert set(statuses) <= {201, 503}, statuses
    assert 503 in statuses
    refused = next(answer for answer in answers if answer.status_code == 503)
    assert "no room left on its disk" in refused.json()["error"]["message"]
    assert _count(full_database, Submission) == statuses.count(201)
    assert _count(full_database, GradingJob) == statuses.count(201)
    assert full_database.get("ada", "/me").status_code == 200, "what there is can still be read"


# Clocks that jump --------------------------------------------------------------------------------


def test_a_clock_that_jumps_ahead_while_grading_gives_one_verdict(open_school, clock):
    submission = open_school.submit("ada")

    def jump() -> None:
        clock.ahead += timedelta(days=1)
        open_school.grader.meanwhile = lambda: None
        _grade_until_done(open_school, submission)  # the lease looks long over: another worker takes it

    open_school.grader.meanwhile = jump
    open_school.worker("first").grade_one()
    assert _count(open_school, GradeReportRow) == 1
    assert open_school.get("ada", f"/submissions/{submission}").json()["state"] == "graded"


def test_a_clock_that_jumps_back_strands_nothing(open_school, clock):
    clock.ahead = timedelta(days=2)
    waiting = open_school.submit("ada")
    orphaned = open_school.submit("bob")
    open_school.grader.outcomes = [KeyboardInterrupt(), RuntimeError("the engine is down"), 7.0]
    with pytest.raises(KeyboardInterrupt):
        open_school.worker("killed").grade_one()
    open_school.worker().grade_one()  # fails, and pauses until a moment of the wrong clock
    clock.ahead = timedelta()
    for submission in (waiting, orphaned):
        _grade_until_done(open_school, submission)
    assert _count(open_school, GradeReportRow) == 2


def test_receipts_and_attempts_survive_a_clock_that_jumps_back(open_school, clock):
    clock.ahead = timedelta(days=2)
    first = open_school.post_files("ada", FILES).json()
    clock.ahead = timedelta()
    second = open_school.post_files("ada", {"alpha.py": b"x = 2\n"}).json()
    assert (first["attempt"], second["attempt"]) == (1, 2)
    for one in (first, second):
        found = open_school.call("ada", "POST", "/receipts/verify", json={"receipt": one["receipt"]}).json()
        assert found["valid"]
        assert found["recorded"]

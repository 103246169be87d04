"""The database is gone, comes back, or is full; the disk is full: clear states, and nothing lost."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import threading
import uuid
from itertools import pairwise

import pytest
from sqlalchemy import event, func, select, text

from api import database_engines
from api.database import Database
from api.errors import DatabaseAwayError, NoRoomError
from api.gradebook.models import GradeReportRow
from api.jobs.models import GradingJob, JobState
from api.store import ContentStore
from api.submissions.models import Submission
from api.submissions.progress import watch
from api.web.visitors import COOKIE
from api.worker import loop, patience

on_postgresql = pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
on_sqlite = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


@pytest.fixture
def server(postgresql_server):
    """The PostgreSQL server, running again when the test is over."""
    yield postgresql_server
    postgresql_server.stop()
    postgresql_server.start()


@pytest.fixture
def hurried(monkeypatch):
    """A worker that looks for its database more often."""
    monkeypatch.setattr(patience, "PAUSE_SECONDS", 0.05)
    monkeypatch.setattr(loop, "_LONGEST_PAUSE_SECONDS", 0.2)


def verdicts(school):
    with school.services.database.reading() as session:
        return session.scalars(select(GradeReportRow.score)).all()


def job(school):
    with school.services.database.reading() as session:
        return session.scalars(select(GradingJob)).one()


@on_postgresql
@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_the_web_says_so_and_goes_on_by_itself(open_school, server, mode):
    mine = open_school.submit("ada")
    server.stop(mode)
    for _ in range(2):
        answer = open_school.get("ada", f"/submissions/{mine}")
        assert answer.status_code == 503
        assert answer.json()["error"]["code"] == "database_away"
        assert "not available right now" in answer.json()["error"]["message"]
        assert int(answer.headers["Retry-After"]) > 0
    key = str(uuid.uuid4())
    assert open_school.post_files("ada", {"alpha.py": b"x = 2\n"}, key).status_code == 503
    page = open_school.http.get("/", headers={"Cookie": f"{COOKIE}=x"})
    assert (page.status_code, page.headers["Content-Type"][:9]) == (503, "text/html")
    assert "not available right now" in page.text
    assert int(page.headers["Retry-After"]) > 0
    server.start()
    assert open_school.get("ada", f"/submissions/{mine}").status_code == 200
    assert open_school.post_files("ada", {"alpha.py": b"x = 2\n"}, key).json()["attempt"] == 2


@on_postgresql
def test_an_outage_is_logged_once_and_so_is_its_end(open_school, server, caplog):
    server.stop()
    for _ in range(5):
        open_school.get("ada", "/me")
    server.start()
    open_school.get("ada", "/me")
    said = [record.getMessage() for record in caplog.records if record.name == "api.database"]
    assert len(said) == 2
    assert said[0].startswith("the database cannot be used")
    assert said[1] == "the database can be used again"


@on_postgresql
def test_a_verdict_waits_for_the_database(open_school, server, hurried):
    open_school.submit("ada")

    def outage():
        server.stop("immediate")
        threading.Timer(1.0, server.start).start()

    open_school.grader.meanwhile = outage
    assert open_school.worker().grade_one()
    assert verdicts(open_school) == [10.0]
    assert job(open_school).state is JobState.DONE
    assert job(open_school).failures == 0


@on_postgresql
def test_an_idle_worker_lives_through_an_outage(open_school, server, hurried, caplog):
    caplog.set_level(logging.INFO)
    worker = open_school.worker()
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        server.stop()
        server.start()
        open_school.submit("ada")
        for _ in range(600):
            if verdicts(open_school):
                break
            threading.Event().wait(0.05)
    finally:
        worker._stop.set()
        thread.join()
    assert verdicts(open_school) == [10.0]
    assert not [record for record in caplog.records if record.exc_info]


@on_postgresql
def test_whoever_watches_waits_too(open_school, server):
    mine = open_school.submit("ada")
    open_school.grade(9.0)

    async def follow():
        server.stop()
        threading.Timer(0.5, server.start).start()
        watching = watch(open_school.services, open_school.app.state.watchers, mine)
        return [said.event async for said in watching]

    assert asyncio.run(follow())[-1] == "report"


def test_watching_holds_no_connection(open_school):
    pool = open_school.services.database.engine.pool
    mine = open_school.submit("ada")

    async def follow():
        streams = [watch(open_school.services, open_school.app.state.watchers, mine) for _ in range(30)]
        assert [(await anext(stream)).event for stream in streams] == ["state"] * 30
        held = pool.checkedout()
        for stream in streams:
            await stream.aclose()
        return held

    assert asyncio.run(follow()) == 0


def test_a_verdict_that_arrived_unnoticed_is_not_written_twice(open_school, hurried, monkeypatch):
    """The connection breaks when the server has committed, before it says so."""
    open_school.submit("ada")
    worker = open_school.worker()
    write, calls = worker._verdicts._write_now, []

    def write_and_lose_the_answer(lease, outcome):
        calls.append(lease)
        write(lease, outcome)
        if len(calls) == 1:
            raise DatabaseAwayError("x", evidence="connection lost", retry_after=1)

    monkeypatch.setattr(worker._verdicts, "_write_now", write_and_lose_the_answer)
    assert worker.grade_one()
    assert len(calls) == 2
    assert verdicts(open_school) == [10.0]
    assert job(open_school).state is JobState.DONE


def test_a_database_that_stays_away_leaves_the_job_to_be_graded_again(open_school, hurried, monkeypatch):
    open_school.submit("ada")
    worker = open_school.worker()

    def away(*_):
        raise DatabaseAwayError("x", evidence="no route to host", retry_after=1)

    with monkeypatch.context() as patch:
        patch.setattr(patience, "LONGEST_SECONDS", 0.2)
        patch.setattr(worker._verdicts, "_write_now", away)
        assert worker.grade_one()
    assert verdicts(open_school) == []
    assert job(open_school).state is JobState.RUNNING
    with open_school.services.database.writing() as session:
        session.execute(text("UPDATE grading_jobs SET lease_expires_at = not_before"))
    open_school.grade(8.0)
    while not verdicts(open_school):
        open_school.grade(8.0)
    assert verdicts(open_school) == [8.0]


@on_postgresql
def test_a_writer_that_froze_is_ended_before_others_give_up(open_school, monkeypatch):
    monkeypatch.setattr(database_engines, "_FROZEN_SECONDS", 1)
    frozen = Database(open_school.settings.database_address)

    def freeze():
        with frozen.writing() as session:
            session.execute(text("UPDATE courses SET title = 'never'"))
            open_school.submit("ada")  # waits until the frozen one is ended

    with pytest.raises(DatabaseAwayError):
        freeze()
    frozen.close()
    with open_school.services.database.reading() as session:
        assert "never" not in session.scalars(text("SELECT title FROM courses")).all()


@on_sqlite
def test_a_full_sqlite_database_refuses_in_words_and_keeps_nothing_half(open_school):
    engine = open_school.services.database.engine
    engine.dispose()
    limit = [0]

    def restrict(connection, _record):
        connection.execute(f"PRAGMA max_page_count = {limit[0] or 1_000_000}")

    event.listen(engine, "connect", restrict)
    with open_school.services.database.reading() as session:
        limit[0] = session.scalar(text("PRAGMA page_count"))
    engine.dispose()
    roomy = open_school.settings.model_copy(
        update={"submissions_waiting": 1000, "submissions_per_hour": 1000}
    )
    object.__setattr__(open_school.services, "settings", roomy)
    for number in range(1000):
        key = str(uuid.uuid4())
        refused = open_school.post_files("ada", {"alpha.py": b"%d" % number}, key)
        if refused.status_code != 201:
            break
    assert refused.status_code == 503
    assert refused.json()["error"]["code"] == "database_away"
    assert "no room" in refused.json()["error"]["message"]
    assert refused.headers["Retry-After"]
    limit[0] = 0
    engine.dispose()
    assert open_school.post_files("ada", {"alpha.py": b"%d" % number}, key).status_code == 201
    with open_school.services.database.reading() as session:
        submissions = session.scalar(select(func.count()).select_from(Submission))
        assert submissions == session.scalar(select(func.count()).select_from(GradingJob)) == number + 1


@pytest.fixture
def small_disk(open_school, tmp_path):
    """The stored files of the school on a real disk of two megabytes."""
    command = ["mount", "-t", "tmpfs", "-o", "size=2m,mode=700", "tmpfs", str(tmp_path / "disk")]
    (tmp_path / "disk").mkdir()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {done.stderr.strip()}")
    store = ContentStore(tmp_path / "disk")
    store.create()
    object.__setattr__(open_school.services, "store", store)
    yield tmp_path / "disk"
    subprocess.run(["umount", tmp_path / "disk"], check=True)


def test_a_full_disk_refuses_a_submission_and_keeps_nothing_half(open_school, small_disk):
    filler = small_disk / "filler"

    def fill():
        with filler.open("wb") as file:
            while True:
                file.write(b"x" * 4096)
                file.flush()

    with pytest.raises(OSError, match="No space left"):
        fill()
    key = str(uuid.uuid4())
    refused = open_school.post_files("ada", {"alpha.py": b"x = 1  #" + b"x" * 8000}, key)
    assert refused.status_code == 503
    assert refused.json()["error"]["code"] == NoRoomError.code
    assert refused.headers["Retry-After"] == "60"
    assert [path for path in small_disk.rglob("*") if path.is_file()] == [filler]
    with open_school.services.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Submission)) == 0
    filler.unlink()
    again = open_school.post_files("ada", {"alpha.py": b"x = 1  #" + b"x" * 8000}, key)
    assert (again.status_code, again.json()["attempt"]) == (201, 1)


def test_a_reader_sees_one_moment(open_school):
    counts = []
    with open_school.services.database.reading() as session:
        for _ in range(3):
            counts.append(session.scalar(select(func.count()).select_from(Submission)))
            open_school.submit("ada", str(len(counts)).encode())
    assert all(before == after for before, after in pairwise(counts))

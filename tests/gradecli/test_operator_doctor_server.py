"""``gradecli doctor`` on a server: each thing broken in turn is found, with what to do about it."""

from __future__ import annotations

import json
import shutil
import socket
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import update

from api.bootstrap import prepare
from api.courses.models import Course, PackageVersion, PublishedPset
from api.database import now
from api.jobs.models import GradingJob, JobState
from api.operations.audit import record_action
from api.operations.models import AuditEntry, GradingHold, HoldScope
from api.services import Services
from api.settings import Settings
from api.submissions.models import Submission, SubmissionFile
from gradecli import operator_doctor_server
from gradecli.operator_doctor import Finding, State
from gradecli.operator_doctor_server import examine_server


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A service's data with one course, one set and one graded submission."""
    data = tmp_path_factory.mktemp("doctor") / "data"
    settings = Settings(data=data)
    prepare(settings)
    services = Services.open(settings)
    with services.store.staging_folder() as staging:
        (staging / "package").mkdir()
        services.store.keep_package(staging / "package", "p" * 64)
    with services.database.writing() as session:
        package = PackageVersion(
            digest="p" * 64, name="s", title="S", max_score=1, problems_json=[],
            handout_sha256=services.store.put(b"zip"),
        )  # fmt: skip
        pset = PublishedPset(course=Course(name="dl", title="DL"), name="s", package=package)
        sha256 = services.store.put(b"x = 1\n")
        session.add(
            Submission(
                id="0123456789abcdef", pset=pset, user_id=1, attempt=1, digest="d", package=package,
                idempotency_key="k", received_at=now(), job=GradingJob(user_id=1, state=JobState.DONE),
                files=[SubmissionFile(problem="a", sha256=sha256, size=6)],
            )
        )  # fmt: skip
        record_action(session, None, "db.backup")
    services.close()
    return data


@pytest.fixture
def data(furnished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(furnished, tmp_path / "data")
    monkeypatch.setenv("GRADECLI_PORT", "0")
    monkeypatch.setattr(
        operator_doctor_server, "_sandbox", lambda _: Finding("grading in bubblewrap", State.OK, "works")
    )
    return tmp_path / "data"


def _find(data: Path, what: str) -> Finding:
    found = examine_server(data)
    for finding in found:
        assert bool(finding.remedy) == (finding.state is not State.OK), finding
    (chosen,) = [finding for finding in found if finding.what == what]
    return chosen


def _write(data: Path, *changes: Any) -> None:
    services = Services.open(Settings(data=data))
    with services.database.writing() as session:
        for change in changes:
            if hasattr(change, "compile"):
                session.execute(change)
            else:
                session.add(change)
    services.close()


def test_a_service_in_order_needs_nobody(data: Path, gradecli: Any) -> None:
    assert [finding for finding in examine_server(data) if finding.state is not State.OK] == []
    done = gradecli("doctor", "--data", str(data))
    assert done.exit_code == 0, done.stdout
    assert "this version's schema, can be written to" in done.stdout


def test_what_needs_somebody_ends_the_command_with_1_in_json_too(data: Path, gradecli: Any) -> None:
    data.chmod(0o755)
    done = gradecli("doctor", "--server", "--data", str(data), "--json")
    assert done.exit_code == 1
    (folder,) = [each for each in json.loads(done.stdout) if each["what"] == "data folder"]
    assert folder["state"] == "act"
    assert folder["remedy"] == f"chmod 700 {data}"


def test_without_a_service_here_nothing_of_one_is_looked_at(gradecli: Any) -> None:
    assert "data folder" not in gradecli("doctor").stdout
    done = gradecli("doctor", "--server")
    assert done.exit_code == 1
    assert "there is no folder gradecli-data" in done.stdout


def test_a_trial_leaves_nothing_behind(data: Path) -> None:
    examine_server(data)
    services = Services.open(Settings(data=data))
    with services.database.reading() as session:
        assert session.query(AuditEntry).filter_by(action="doctor.trial").count() == 0
    services.close()
    assert list((data / "staging").iterdir()) == []


def test_settings_that_cannot_be_right(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADECLI_WORKRES", "2")
    assert "Did you mean GRADECLI_WORKERS?" in _find(data, "settings").detail
    monkeypatch.setenv("GRADECLI_WORKERS", "many")
    (only,) = examine_server(data)
    assert (only.what, only.state) == ("settings", State.ACT)
    assert "GRADECLI_WORKERS: " in only.detail


def test_a_key_that_is_gone_damaged_or_open_to_others(data: Path) -> None:
    key = data / "service.key"
    key.chmod(0o644)
    assert _find(data, "service key").remedy == f"chmod 600 {key}"
    key.write_bytes(b"x")
    assert "is damaged" in _find(data, "service key").detail
    key.unlink()
    assert "cannot read service.key" in _find(data, "service key").detail


def test_a_disk_without_room(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    full = SimpleNamespace(f_bavail=10, f_frsize=4096, f_files=10_000, f_favail=3)
    monkeypatch.setattr(operator_doctor_server.os, "statvfs", lambda _: full)
    assert _find(data, "disk").state is State.ACT
    assert _find(data, "inodes").detail == "3 of 10,000 free"
    assert _find(data, "inodes").state is State.ACT


def test_a_database_that_is_gone_damaged_or_of_another_version(data: Path) -> None:
    _write_version = "UPDATE alembic_version SET version_num = '0001'"
    services = Services.open(Settings(data=data))
    with services.database.writing() as session:
        session.connection().exec_driver_sql(_write_version)
    services.close()
    found = _find(data, "database")
    assert "has schema 0001" in found.detail
    assert "gradecli serve" in found.remedy
    for name in ("gradecli.sqlite3", "gradecli.sqlite3-wal", "gradecli.sqlite3-shm"):
        (data / name).unlink(missing_ok=True)
    (data / "gradecli.sqlite3").write_bytes(b"not a database" * 100)
    assert _find(data, "database").state is State.ACT
    (data / "gradecli.sqlite3").unlink()
    assert _find(data, "database").detail == "its file is not there"
    assert not (data / "gradecli.sqlite3").exists()


def test_a_database_that_does_not_answer_and_whose_password_is_not_told(
    data: Path, monkeypatch: pytest.MonkeyPatch, gradecli: Any
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    monkeypatch.setenv("GRADECLI_DATABASE_URL", f"postgresql://grade:sesame42@127.0.0.1:{port}/grade")
    assert _find(data, "database").state is State.ACT
    monkeypatch.setenv("GRADECLI_DATABASE_URL", "mysql://grade:sesame42@db/grade")
    found = _find(data, "settings")
    assert (found.state, "GRADECLI_DATABASE_URL" in found.detail) == (State.ACT, True)
    assert "sesame42" not in gradecli("doctor", "--data", str(data)).stdout


def test_a_store_with_a_damaged_a_missing_file_or_a_missing_set(data: Path) -> None:
    (blob,) = [path for path in (data / "blobs").glob("*/*") if path.read_bytes() == b"x = 1\n"]
    blob.write_bytes(b"x = 2\n")
    assert "is damaged" in _find(data, "store, sample").detail
    blob.unlink()
    shutil.rmtree(data / "packages" / ("p" * 64))
    found = _find(data, "store, sample")
    assert found.detail.startswith("2 of 2 looked at are not whole")
    assert found.state is State.ACT


def test_a_store_that_cannot_be_written_to(data: Path) -> None:
    shutil.rmtree(data / "staging")
    assert "cannot be written to" in _find(data, "store").detail


def test_a_clock_that_was_set_back(data: Path) -> None:
    _write(data, update(Submission).values(received_at=now() + timedelta(hours=1)))
    found = _find(data, "clock")
    assert found.state is State.ACT
    assert "NTP" in found.remedy


def test_work_that_nobody_does(data: Path) -> None:
    long_ago = now() - timedelta(minutes=30)
    _write(data, update(GradingJob).values(state=JobState.QUEUED, created_at=long_ago))
    found = _find(data, "workers")
    assert found.state is State.ACT
    assert "1 submissions wait, the oldest for 30 minutes" in found.detail
    running = {"state": JobState.RUNNING, "lease_owner": "w", "lease_expires_at": now() + timedelta(hours=1)}
    _write(data, update(GradingJob).values(**running))
    assert _find(data, "workers").detail == "1 at work, 0 submissions wait"


def test_parked_submissions_holds_and_old_backups(data: Path) -> None:
    _write(
        data,
        update(GradingJob).values(state=JobState.PARKED),
        GradingHold(scope=HoldScope.ALL, reason="exam", placed_by=1),
    )
    assert _find(data, "parked submissions").state is State.ACT
    assert _find(data, "holds on grading").detail == "1 stand (all)"
    assert _find(data, "last backup").state is State.OK


@pytest.mark.parametrize(("days", "state"), [(None, State.LIMITED), (3, State.ACT)])
def test_backups_that_are_unknown_or_old(
    data: Path, monkeypatch: pytest.MonkeyPatch, days: int | None, state: State
) -> None:
    moment = now() + timedelta(days=days or 0)
    if days is None:
        services = Services.open(Settings(data=data))
        with services.database.writing() as session:
            session.connection().exec_driver_sql("DROP TRIGGER audit_entries_no_delete")
            session.connection().exec_driver_sql("DELETE FROM audit_entries")
        services.close()
    monkeypatch.setattr("api.database.now", lambda: moment)
    assert _find(data, "last backup").state is state


class _Other(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, *_: Any) -> None:
        pass


def test_a_port_where_nobody_or_somebody_else_answers(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with HTTPServer(("127.0.0.1", 0), _Other) as other:
        monkeypatch.setenv("GRADECLI_PORT", str(other.server_port))
        thread = threading.Thread(target=other.serve_forever)
        thread.start()
        try:
            assert _find(data, "web process").detail == f"another program answers on port {other.server_port}"
        finally:
            other.shutdown()
            thread.join()
    found = _find(data, "web process")
    assert found.state is State.LIMITED
    assert found.remedy == "Start gradecli serve; if it runs on another port, say so with GRADECLI_PORT."


def test_a_sandbox_that_does_not_work(furnished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sandbox import InfrastructureError

    def find(_name: str) -> None:
        raise InfrastructureError("no engine; start it")

    monkeypatch.setenv("GRADECLI_PORT", "0")
    monkeypatch.setattr("sandbox.find", find)
    found = _find(furnished, "grading in bubblewrap")
    assert (found.state, found.remedy) == (State.ACT, "no engine; start it")

"""The service as processes: each may be killed, and nothing is lost."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
import uuid
from contextlib import closing
from pathlib import Path

import httpx2
import pytest

pytestmark = pytest.mark.slow

PROGRAM = "from api.settings import Settings\nfrom api.supervisor import serve\nserve(Settings())\n"
# Loaded anew for each check, so grading it takes some seconds.
SLOW = b"import time\ntime.sleep(0.25)\n"


class Service:
    """A running ``serve``, and a client of it."""

    def __init__(self, data: Path, problems: Path, **settings: str) -> None:
        self.data = data
        environment = {
            **os.environ,
            "GRADECLI_DATA": str(data),
            "GRADECLI_PROBLEMS": str(problems),
            "GRADECLI_PORT": "0",
            **{f"GRADECLI_{name.upper()}": value for name, value in settings.items()},
        }
        self.log = data.parent / "log"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-u", "-c", PROGRAM],
                env=environment,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        self.announced = ""
        while "served at" not in self.announced:
            line = self.process.stdout.readline()
            assert line, self.log.read_text()
            self.announced += line
        address = re.search(r"http://\S+", self.announced).group()
        self.http = httpx2.Client(base_url=f"{address}/api/v1", timeout=30)

    def call(self, token: str, method: str, path: str, **options):
        headers = {"Authorization": f"Bearer {token}", **options.pop("headers", {})}
        answer = self.http.request(method, path, headers=headers, **options)
        assert answer.status_code < 400, answer.text
        return answer.json()

    def pid(self, name: str) -> int:
        """The newest process id that the log names for the child."""
        return int(re.findall(rf"{name} is process (\d+)", self.log.read_text())[-1])

    def close(self) -> int:
        self.http.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(40)
        self.process.stdout.close()
        return status


@pytest.fixture
def data(tmp_path):
    return tmp_path / "data"


@pytest.fixture
def start(data, problems_root):
    started = []

    def begin(**settings: str) -> Service:
        started.append(Service(data, problems_root, **settings))
        return started[-1]

    yield begin
    for service in started:
        service.close()


def _until(found, seconds=30.0):
    end = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)
    return value


def _alive(pid: int) -> bool:
    try:
        return "zombie" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def test_the_token_is_shown_once_and_children_that_are_killed_come_back(start):
    service = start(workers="1")
    assert service.announced.count("gc_") == 1
    web, worker = service.pid("web"), service.pid("worker 1")
    assert service.http.get("/healthz").json()["status"] == "ok"
    os.kill(web, signal.SIGKILL)
    _until(lambda: not _alive(web))
    # The supervisor holds the socket: a new connection waits for the next process instead of failing.
    with httpx2.Client(base_url=service.http.base_url, timeout=30) as http:
        assert http.get("/healthz").json()["status"] == "ok"
    assert service.pid("web") != web
    os.kill(worker, signal.SIGKILL)
    _until(lambda: service.pid("worker 1") != worker)
    assert service.close() == 0
    for name in ("web", "worker 1"):
        assert not _alive(service.pid(name))

    again = start(workers="1")
    assert "gc_" not in again.announced
    assert "gc_" not in again.log.read_text()


def test_children_end_when_the_supervisor_is_killed(start):
    service = start(workers="1")
    service.http.get("/healthz")
    os.kill(service.process.pid, signal.SIGKILL)
    _until(lambda: not _alive(service.pid("web")) and not _alive(service.pid("worker 1")), 15)


def test_children_that_are_still_starting_end_too(start):
    service = start(workers="0")
    service.http.get("/healthz")
    web = service.pid("web")
    os.kill(web, signal.SIGKILL)
    _until(lambda: service.pid("web") != web)
    os.kill(service.process.pid, signal.SIGKILL)  # before the new one could ask who its parent is
    _until(lambda: not _alive(service.pid("web")), 15)


def test_a_taken_port_is_said_at_once(start, data, problems_root):
    service = start(workers="0")
    port = service.http.base_url.port
    other = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**os.environ, "GRADECLI_DATA": str(data), "GRADECLI_PORT": str(port)},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert other.returncode != 0
    assert "Address already in use" in other.stderr


def _open_course(service):
    """Publish pset1 in a course; the token of its student."""
    admin = re.search(r"gc_\S+", service.announced).group()
    service.call(admin, "POST", "/courses", json={"name": "dl", "title": "Deep learning"})
    service.call(admin, "PUT", "/courses/dl/psets/pset1", json={})
    roster = b"name,email,role\nAda,ada@example.org,student\n"
    added = service.call(
        admin, "POST", "/courses/dl/roster", content=roster, headers={"Content-Type": "text/csv"}
    )["added"]
    return added[0]["token"]


@pytest.fixture
def student(start, ready_backend):
    """A service with pset1 published, and the token of a student."""
    ready_backend("bubblewrap")
    service = start(workers="1", lease_seconds="1.5", drain_seconds="0.5", retry_seconds="0.1")
    return service, _open_course(service)


def _submit(service, token, content):
    return service.call(
        token,
        "POST",
        "/courses/dl/psets/pset1/submissions",
        files=[("files", ("linear_softmax.py", content))],
        headers={"Idempotency-Key": str(uuid.uuid4())},
    )["id"]


def _state(service, token, submission):
    return service.call(token, "GET", f"/submissions/{submission}")["state"]


def test_a_worker_killed_while_grading_costs_nothing_but_time(student):
    service, token = student
    submission = _submit(service, token, SLOW)
    _until(lambda: _state(service, token, submission) == "running")
    worker = service.pid("worker 1")
    time.sleep(0.5)
    os.kill(worker, signal.SIGKILL)
    _until(lambda: _state(service, token, submission) == "graded", 60)
    assert service.call(token, "GET", "/courses/dl/scores")[0]["attempts"] == 1
    assert "(lease 2)" in service.log.read_text()


def test_a_worker_paused_for_longer_than_its_lease_comes_back_and_is_refused(start, ready_backend):
    ready_backend("bubblewrap")
    service = start(workers="2", lease_seconds="1.5", retry_seconds="0.1")
    token = _open_course(service)
    submission = _submit(service, token, SLOW)
    database = sqlite3.connect(service.data / "gradecli.sqlite3")
    with closing(database):
        (owner,) = _until(
            lambda: database.execute(
                "SELECT lease_owner FROM grading_jobs WHERE state = 'running'"
            ).fetchone()
        )
        paused = int(owner.rsplit("-", 2)[1])
        os.kill(paused, signal.SIGSTOP)
        try:
            _until(lambda: _state(service, token, submission) == "graded", 90)
        finally:
            os.kill(paused, signal.SIGCONT)
        _until(lambda: "a verdict was refused" in service.log.read_text(), 90)
        assert database.execute("SELECT lease FROM grade_reports").fetchall() == [(2,)]
        (failure,) = database.execute("SELECT detail FROM grading_failures").fetchone()
    assert "fell silent" in failure
    assert _state(service, token, submission) == "graded"
    assert service.call(token, "GET", "/courses/dl/scores")[0]["attempts"] == 1


def test_a_worker_told_to_stop_hands_its_submission_back(student, start):
    service, token = student
    submission = _submit(service, token, SLOW)
    _until(lambda: _state(service, token, submission) == "running")
    assert service.close() == 0
    assert "handing submission" in service.log.read_text()
    assert "fell silent" not in service.log.read_text()

    again = start(workers="1")
    _until(lambda: _state(again, token, submission) == "graded", 60)

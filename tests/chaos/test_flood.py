"""Everybody at once, while nobody grades: none lost, memory bounded, quotas refused politely."""

from __future__ import annotations

import os
import re
import socket
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import func, select

from api.models import GradeReportRow, GradingJob, JobState
from api.services import Services
from api.settings import Settings
from api.worker.loop import Worker
from grader import GradeReport, submission_digest
from grader.report import Environment
from tests.api.test_supervisor import Service

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

LONG = bool(os.environ.get("GRADECLI_LONG"))
SUBMISSIONS = 500 if LONG else 120
STUDENTS = 100 if LONG else 24  # five each, as many as may wait
GROWTH_BYTES = 128 * 2**20
SLOW_UPLOADS = 60


@pytest.fixture
def service(tmp_path: Path, problems_root: Path) -> Iterator[Service]:
    """A service whose workers are stopped."""
    started = Service(tmp_path / "data", problems_root, workers="0")
    yield started
    started.close()


@pytest.fixture
def tokens(service: Service) -> list[str]:
    """The students' tokens; pset1 is published."""
    admin = re.search(r"gc_\S+", service.announced).group()
    service.call(admin, "POST", "/courses", json={"name": "dl", "title": "Deep learning"})
    service.call(admin, "PUT", "/courses/dl/psets/pset1", json={})
    people = [f"S{number},s{number}@example.org,student" for number in range(STUDENTS)]
    roster = "\n".join(["name,email,role", *people]).encode()
    headers = {"Content-Type": "text/csv"}
    added = service.call(admin, "POST", "/courses/dl/roster", content=roster, headers=headers)["added"]
    return [person["token"] for person in added]


def _hand_in(service: Service, token: str, number: int):
    return service.http.post(
        "/courses/dl/psets/pset1/submissions",
        files=[("files", ("linear_softmax.py", b"# %d\n" % number + b"#" * 50_000))],
        headers={"Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid.uuid4())},
    )


def _memory(service: Service) -> int:
    """Bytes that the web process has in memory."""
    status = Path(f"/proc/{service.pid('web')}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status).group(1)) * 1024


def _plain_report(work, _show, _measured) -> GradeReport:
    return GradeReport(
        pset="pset1",
        title="",
        score=10.0,
        max_score=10.0,
        submission_digest=submission_digest(work.files),
        environment=Environment(backend="none", versions={}, digest="e" * 64),
        problems=(),
    )


def test_a_burst_is_taken_in_and_graded_when_the_workers_are_back(service: Service, tokens: list[str]):
    before = _memory(service)
    with ThreadPoolExecutor(32) as students:
        answers = list(
            students.map(
                lambda number: _hand_in(service, tokens[number % STUDENTS], number), range(SUBMISSIONS)
            )
        )
        # Each has used up what may wait: one more is refused, with a sentence and no harm.
        more = list(students.map(lambda token: _hand_in(service, token, 0), tokens))
    assert Counter(answer.status_code for answer in answers) == {201: SUBMISSIONS}
    assert {answer.status_code for answer in more} == {429}
    assert {"Wait for one to finish" in answer.json()["error"]["message"] for answer in more} == {True}
    assert _memory(service) - before < GROWTH_BYTES

    services = Services.open(Settings(data=service.data))
    worker = Worker(services, _plain_report, name="back", stop=threading.Event())
    while worker.grade_one():
        continue
    with services.database.reading() as session:
        jobs = dict(session.execute(select(GradingJob.state, func.count()).group_by(GradingJob.state)).all())
        reports = session.scalars(select(func.count(func.distinct(GradeReportRow.submission_id)))).one()
    services.close()
    assert jobs == {JobState.DONE: SUBMISSIONS}
    assert reports == SUBMISSIONS


def test_uploads_that_trickle_in_hold_nobody_up(service: Service, tokens: list[str]):
    address = (service.http.base_url.host, service.http.base_url.port)
    before = _memory(service)
    slow = [socket.create_connection(address) for _ in range(SLOW_UPLOADS)]
    try:
        for connection in slow:
            connection.sendall(
                b"POST /api/v1/courses/dl/psets/pset1/submissions HTTP/1.1\r\nHost: localhost\r\n"
                b"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 1000000\r\n\r\n"
            )
            connection.sendall(b"--x\r\n" + b"z" * 500_000)
        began = time.monotonic()
        assert _hand_in(service, tokens[0], 1).status_code == 201
        assert time.monotonic() - began < 20
        assert _memory(service) - before < SLOW_UPLOADS * 2**20 + GROWTH_BYTES
    finally:
        for connection in slow:
            connection.close()
    assert service.http.get("/healthz").status_code == 200

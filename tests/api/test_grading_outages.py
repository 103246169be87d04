"""The sandbox's engine is down: what waits is graded when it is back, and nobody's tries are used up."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from api.errors import NoRoomError
from api.jobs import queue
from api.jobs.interventions import take_back
from api.jobs.models import FailureKind, GradingFailure, GradingJob, JobState
from api.jobs.outages import standing_outage
from api.jobs.retrying import RetryPolicy
from api.worker.loop import Worker
from gradecli.operator_doctor import State
from gradecli.operator_doctor_work import look_at_work
from grader import GradingFailedError, OutageError

DOWN = OutageError("the Docker engine does not answer at unix:///var/run/docker.sock")
KILLED = GradingFailedError("the grading process ended without an answer (status -9)")


def _job(school, submission):
    with school.services.database.reading() as session:
        return session.scalars(select(GradingJob).where(GradingJob.submission_id == submission)).one()


def _grade_when_ready(school, submission):
    """One try, as soon as the pause after the last one is over."""
    before = _job(school, submission).lease
    give_up_at = time.monotonic() + 20
    while _job(school, submission).lease == before:
        assert time.monotonic() < give_up_at
        school.worker().grade_one()


@pytest.mark.parametrize(
    "outage", [DOWN, OSError(28, "No space left on device"), NoRoomError()], ids=["engine", "disk", "store"]
)
def test_an_outage_uses_up_no_try_however_often_it_is_met(open_school, outage):
    submission = open_school.submit("ada")
    open_school.grader.outcomes = [outage]
    for _ in range(open_school.settings.grading_tries + 2):
        _grade_when_ready(open_school, submission)
        job = _job(open_school, submission)
        assert (job.state, job.failures) == (JobState.QUEUED, 0)
    open_school.grader.outcomes = [8.0]
    _grade_when_ready(open_school, submission)
    assert open_school.get("ada", f"/submissions/{submission}").json()["score"] == 8.0
    job = _job(open_school, submission)
    assert (job.outages, job.outage_since) == (0, None)


def test_a_submission_that_kills_its_grading_is_given_up_though_outages_come_between(open_school):
    submission = open_school.submit("ada")
    for failure in (DOWN, KILLED, DOWN, DOWN, KILLED, DOWN, KILLED):
        assert _job(open_school, submission).state is JobState.QUEUED
        open_school.grader.outcomes = [failure]
        _grade_when_ready(open_school, submission)
    job = _job(open_school, submission)
    assert (job.state, job.failures) == (JobState.PARKED, 3)
    with open_school.services.database.reading() as session:
        kinds = session.scalars(select(GradingFailure.kind).order_by(GradingFailure.id)).all()
    assert kinds.count(FailureKind.OUTAGE) == 4
    assert kinds.count(FailureKind.FAILED) == 3


def test_an_outage_that_outlasts_all_patience_is_shown_to_staff_and_then_they_decide(open_school, noon):
    submission = open_school.submit("ada")
    policy = RetryPolicy(tries=3, pause_seconds=2, outage_seconds=6 * 3600)
    at, writing = noon + timedelta(days=365), open_school.services.database.writing
    began, tried = at, 0
    while True:
        with writing() as session:
            lease = queue.lease_next(session, "w", seconds=30, at=at)
            state = queue.fail(session, lease, "no engine", policy, kind=FailureKind.OUTAGE, at=at)
        tried += 1
        if state is JobState.PARKED:
            break
        pause = _job(open_school, submission).not_before - at
        assert timedelta(seconds=2) <= pause <= timedelta(minutes=5), "soon graded when it is back"
        at += pause
    assert timedelta(hours=6) <= at - began < timedelta(hours=6, minutes=6)
    assert tried < 100
    assert open_school.get("ada", f"/submissions/{submission}").json()["state"] == "failed"
    (parked,) = open_school.get("iris", "/courses/dl/operations").json()["parked"]
    assert parked["failures"][-1]["detail"] == "no engine"
    with writing() as session:
        assert take_back(session, submission)
    assert _job(open_school, submission).outages == 0


def test_a_job_that_was_held_back_for_long_is_not_given_up_for_one_more_outage(open_school, noon):
    open_school.submit("ada")
    policy = RetryPolicy(tries=3, pause_seconds=2, outage_seconds=3600)
    for at in (noon, noon + timedelta(days=400)):
        with open_school.services.database.writing() as session:
            lease = queue.lease_next(session, "w", seconds=30, at=at + timedelta(days=365))
            state = queue.fail(
                session, lease, "x", policy, kind=FailureKind.OUTAGE, at=at + timedelta(days=365)
            )
        assert state is JobState.QUEUED


class _Stop(threading.Event):
    """An order to stop that writes down the waits, and takes none."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.waits.append(timeout or 0.0)
        return self.is_set()


def test_a_worker_leaves_the_queue_alone_for_longer_and_longer_while_the_outage_lasts(open_school):
    for content in range(4):
        open_school.submit("ada", f"x = {content}\n".encode())
    stop = _Stop()
    open_school.grader.outcomes = [DOWN, DOWN, DOWN, 1.0, DOWN]
    worker = Worker(open_school.services, open_school.grader, name="w", stop=stop)
    pause = open_school.settings.retry_seconds
    waits = []
    for _ in range(5):
        give_up_at = time.monotonic() + 20
        while not worker.grade_one():
            assert time.monotonic() < give_up_at
        waits, stop.waits = [*waits, *stop.waits], []
    assert waits == [pause, 2 * pause, 4 * pause, pause], "the verdict between began it again"


def test_whoever_watches_is_told_of_an_outage_until_it_is_over(open_school):
    submission = open_school.submit("ada")
    here = TestClient(open_school.app, client=("127.0.0.1", 40_000))

    def told():
        open_school.app.state.readiness._looked_at = float("-inf")
        ready = open_school.http.get("/readyz")
        assert ready.status_code == 200, "what is handed in is kept: requests may come"
        (part,) = [part for part in ready.json()["parts"] if part["name"] == "grading"]
        assert "docker" not in ready.text.lower(), "anybody may read it"
        lines = [line for line in here.get("/metrics").text.splitlines() if line.startswith("gradecli_g")]
        values = dict(line.rsplit(" ", 1) for line in lines)
        with open_school.services.database.reading() as session:
            doctor = {finding.what: finding for finding in look_at_work(session)}["outage of grading"]
        staff = open_school.get("iris", "/courses/dl/operations").json()["outage"]
        return part["ok"], float(values["gradecli_grading_outages_total"]), doctor, staff, values

    ok, count, doctor, staff, values = told()
    assert (ok, count, doctor.state, staff) == (True, 0, State.OK, None)

    open_school.grader.outcomes = [DOWN]
    _grade_when_ready(open_school, submission)
    ok, count, doctor, staff, values = told()
    assert (ok, count, doctor.state) == (False, 1, State.ACT)
    assert float(values["gradecli_grading_outage_seconds"]) > 0
    assert "Docker engine does not answer" in doctor.detail
    assert "Docker engine does not answer" in staff["detail"]
    seen = open_school.get("ada", f"/submissions/{submission}").json()
    assert seen["state"] == "queued"
    assert "Docker" not in str(seen)

    open_school.grader.outcomes = [9.0]
    _grade_when_ready(open_school, submission)
    ok, count, doctor, staff, values = told()
    assert (ok, count, doctor.state, staff) == (True, 1, State.OK, None)
    assert float(values["gradecli_grading_outage_seconds"]) == 0
    with open_school.services.database.reading() as session:
        assert standing_outage(session) is None
    here.close()

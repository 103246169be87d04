"""The worker: what becomes of a grading, however it ends."""

from __future__ import annotations

import math
import threading
import time

import pytest
from sqlalchemy import func, select

from api.errors import LeaseLostError
from api.jobs import queue
from api.jobs.retrying import RetryPolicy
from api.models import GradeReportRow, GradingFailure, GradingJob, JobState
from api.worker import loop, verdicts
from api.worker.keeper import LeaseKeeper
from grader import GradingFailedError, Verdict, instance_key, submission_digest

FILES = {"alpha": b"x = 1\n"}
DIGEST = submission_digest(FILES)


def _state(school, submission):
    with school.services.database.reading() as session:
        return session.scalars(select(GradingJob.state).where(GradingJob.submission_id == submission)).one()


def _count(school, table):
    with school.services.database.reading() as session:
        return session.scalars(select(func.count()).select_from(table)).one()


def test_a_graded_submission_has_its_report_and_score(open_school):
    submission = open_school.submit("ada")
    assert open_school.get("ada", f"/submissions/{submission}/report").json()["error"]["code"] == "not_graded"
    open_school.grade(7.5)
    body = open_school.get("ada", f"/submissions/{submission}").json()
    assert (body["state"], body["score"], body["max_score"]) == ("graded", 7.5, 10.0)
    assert open_school.get("ada", f"/submissions/{submission}/report").json()["score"] == 7.5


def test_a_report_keeps_what_the_grading_took_for_staff_only(open_school):
    submission = open_school.submit("ada")
    open_school.grade()
    with open_school.services.database.reading() as session:
        row = session.scalars(select(GradeReportRow)).one()
    assert 0 < row.seconds < 60
    used = row.measurements["alpha"]
    assert (used.wall_seconds, used.cpu_seconds, used.peak_memory_bytes) == (1.25, 0.5, 64 * 2**20)
    for path in ("", "/report", "/events"):
        assert "wall_seconds" not in open_school.get("ada", f"/submissions/{submission}{path}").text


def test_the_grader_gets_the_files_the_frozen_package_and_the_key(open_school):
    submission = open_school.submit("ada")
    open_school.packages.version = "2"
    open_school.publish()
    open_school.grade()
    (work,) = open_school.grader.works
    assert work.files == FILES
    assert "# 1" in (work.package / "pset.toml").read_text()
    secret = open_school.services.keys.course_secret("dl")
    assert work.key == instance_key(secret, DIGEST)
    assert secret != open_school.services.keys.course_secret("other")
    assert open_school.get("ada", f"/submissions/{submission}").json()["digest"] == DIGEST


@pytest.mark.parametrize(
    "failure", [GradingFailedError("no engine"), RuntimeError("a bug"), MemoryError(), OSError("disk full")]
)
def test_when_the_platform_fails_the_submission_is_tried_again_and_nothing_is_lost(open_school, failure):
    submission = open_school.submit("ada")
    open_school.grader.outcomes = [failure, 8.0]
    worker = open_school.worker()
    assert worker.grade_one()
    assert _state(open_school, submission) is JobState.QUEUED
    assert open_school.get("ada", "/courses/dl/scores").json()[0]["score"] is None
    time.sleep(0.02)
    assert worker.grade_one()
    body = open_school.get("ada", f"/submissions/{submission}").json()
    assert (body["state"], body["score"], body["attempt"]) == ("graded", 8.0, 1)


def test_a_failure_that_stays_is_parked_and_the_student_told(open_school):
    submission = open_school.submit("ada")
    open_school.grader.outcomes = [GradingFailedError("engine password is hunter2")]
    worker = open_school.worker()
    for _ in range(open_school.settings.grading_tries):
        assert worker.grade_one()
        time.sleep(0.05)
    assert not worker.grade_one()
    body = open_school.get("ada", f"/submissions/{submission}").json()
    assert (body["state"], body["score"]) == ("failed", None)
    assert "hunter2" not in open_school.get("ada", f"/submissions/{submission}/events").text
    assert _count(open_school, GradingFailure) == open_school.settings.grading_tries
    assert open_school.http.get("/api/v1/healthz").json()["parked"] == 1


def test_a_failure_never_overwrites_a_score(open_school):
    open_school.submit("ada")
    open_school.grade(6.0)
    open_school.submit("ada", b"x = 2\n")
    open_school.grader.outcomes = [GradingFailedError("broken", retriable=False)]
    open_school.worker().grade_one()
    (score,) = open_school.get("ada", "/courses/dl/scores").json()
    assert (score["score"], score["attempts"]) == (6.0, 2)


@pytest.mark.parametrize(
    "lie",
    [
        {"submission_digest": "0" * 64},
        {"score": 11.0},
        {"score": -1.0},
        {"score": math.nan},
        {"max_score": 100.0},
        {"verdict": Verdict.INTERNAL_ERROR},
    ],
    ids=str,
)
def test_a_report_that_cannot_be_right_becomes_no_grade(open_school, lie):
    submission = open_school.submit("ada")
    open_school.grader.outcomes = [open_school.report(DIGEST, **lie), 9.0]
    worker = open_school.worker()
    worker.grade_one()
    assert _state(open_school, submission) is JobState.QUEUED
    assert _count(open_school, GradeReportRow) == 0
    time.sleep(0.02)
    worker.grade_one()
    assert open_school.get("ada", f"/submissions/{submission}").json()["score"] == 9.0


def test_a_verdict_that_comes_after_the_lease_is_lost_is_refused(open_school):
    """A worker hangs, another takes over and finishes; then the first one comes back."""
    submission = open_school.submit("ada")
    other = open_school.worker("other")

    def take_over() -> None:
        open_school.grader.meanwhile = lambda: None
        with open_school.services.database.writing() as session:
            job = session.scalars(select(GradingJob)).one()
            lease = queue.Lease(job.id, job.lease, submission, job.lease_owner)
            queue.release(session, lease)
        assert other.grade_one()

    open_school.grader.meanwhile = take_over
    open_school.grader.outcomes = [10.0, 3.0]  # the other worker is served first
    assert open_school.worker("slow").grade_one()
    assert open_school.get("ada", f"/submissions/{submission}").json()["score"] == 10.0
    assert _count(open_school, GradeReportRow) == 1


def test_a_worker_killed_between_verdict_and_commit_leaves_no_trace(open_school, monkeypatch):
    submission = open_school.submit("ada")
    real = verdicts.record_report

    class Killed(BaseException):
        pass

    def killed(*arguments, **options):
        real(*arguments, **options)
        raise Killed

    monkeypatch.setattr(verdicts, "record_report", killed)
    monkeypatch.setattr(verdicts.Verdicts, "hand_back", lambda *_: None)
    with pytest.raises(Killed):
        open_school.worker("killed").grade_one()
    assert _state(open_school, submission) is JobState.RUNNING
    assert _count(open_school, GradeReportRow) == 0
    monkeypatch.undo()
    with open_school.services.database.writing() as session:
        session.scalars(select(GradingJob)).one().lease_expires_at = session.scalars(
            select(GradingJob.created_at)
        ).one()
    open_school.worker("next").grade_one()
    time.sleep(0.02)
    open_school.worker("next").grade_one()
    assert _state(open_school, submission) is JobState.DONE
    assert _count(open_school, GradeReportRow) == 1


def test_an_order_to_stop_hands_the_submission_back(open_school):
    class Stop(BaseException):
        pass

    submission = open_school.submit("ada")
    open_school.grader.outcomes = [Stop(), 5.0]
    with pytest.raises(Stop):
        open_school.worker().grade_one()
    assert _state(open_school, submission) is JobState.QUEUED
    assert _count(open_school, GradingFailure) == 0
    open_school.worker("next").grade_one()
    assert open_school.get("ada", f"/submissions/{submission}").json()["score"] == 5.0


def test_the_lease_is_renewed_while_grading_lasts(open_school):
    open_school.submit("ada")
    database = open_school.services.database
    with database.writing() as session:
        lease = queue.lease_next(session, "w", seconds=0.3)
    policy = RetryPolicy(tries=3, pause_seconds=1)
    with LeaseKeeper(database, lease, seconds=0.3):
        time.sleep(0.8)
        with database.writing() as session:
            assert queue.reclaim_expired(session, policy) == 0
    time.sleep(0.4)
    with database.writing() as session:
        assert queue.reclaim_expired(session, policy) == 1
    with pytest.raises(LeaseLostError), database.writing() as session:
        queue.complete(session, lease)


def test_a_worker_stops_when_told(open_school):
    worker = open_school.worker()
    thread = threading.Thread(target=worker.run)
    thread.start()
    submission = open_school.submit("ada")
    for _ in range(100):
        if _state(open_school, submission) is JobState.DONE:
            break
        time.sleep(0.05)
    worker._stop.set()
    thread.join(5)
    assert not thread.is_alive()
    assert _state(open_school, submission) is JobState.DONE


def test_a_busy_worker_sweeps_too_and_not_after_every_submission(open_school):
    stop, swept = threading.Event(), []
    open_school.grader.meanwhile = lambda: stop.set() if len(open_school.grader.works) == 3 else None
    for content in (b"a = 1\n", b"a = 2\n", b"a = 3\n"):
        open_school.submit("ada", content)
    loop.Worker(
        open_school.services, open_school.grader, name="w", stop=stop, sweep=lambda: swept.append(1)
    ).run()
    assert len(open_school.grader.works) == 3
    assert swept == [1]

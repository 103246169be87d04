"""Leases, fencing, retries: nothing is graded twice, nothing is lost, whoever is killed."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from api.database import now
from api.errors import LeaseLostError
from api.jobs import queue
from api.jobs.retrying import RetryPolicy
from api.models import GradingFailure, GradingJob, JobState, ProgressEvent

POLICY = RetryPolicy(tries=3, pause_seconds=2.0)


@pytest.fixture
def writing(open_school):
    return open_school.services.database.writing


def _job(session, submission):
    return session.scalars(select(GradingJob).where(GradingJob.submission_id == submission)).one()


def _take(writing, worker="w1", at=None, seconds=30.0):
    with writing() as session:
        return queue.lease_next(session, worker, seconds=seconds, at=at)


def test_the_oldest_submission_goes_first_and_each_goes_once(open_school, writing):
    submissions = [open_school.submit(who) for who in ("ada", "bob", "ada")]
    leases = [_take(writing) for _ in range(4)]
    assert [lease and lease.submission_id for lease in leases] == [*submissions, None]


def test_workers_that_come_at_once_never_get_the_same_job(open_school, writing):
    submissions = {open_school.submit("ada") for _ in range(5)}
    taken, barrier = [], threading.Barrier(8)

    def worker(number: int) -> None:
        barrier.wait()
        taken.append(_take(writing, f"w{number}"))

    threads = [threading.Thread(target=worker, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = [lease.submission_id for lease in taken if lease is not None]
    assert len(found) == 5
    assert set(found) == submissions


def test_a_silent_worker_loses_its_job_and_its_say(open_school, writing):
    submission = open_school.submit("ada")
    dead = _take(writing, "dead", seconds=30)
    later = now() + timedelta(seconds=31)
    with writing() as session:
        assert queue.reclaim_expired(session, POLICY, at=later) == 1
    alive = _take(writing, "alive", at=later + timedelta(seconds=10))
    assert alive.submission_id == submission
    assert alive.number == dead.number + 1

    def refused(step):
        with pytest.raises(LeaseLostError), writing() as session:
            step(session)

    refused(lambda session: queue.complete(session, dead))
    refused(lambda session: queue.renew(session, dead, seconds=30))
    refused(lambda session: queue.release(session, dead))
    refused(lambda session: queue.fail(session, dead, "x", POLICY))
    refused(lambda session: queue.add_progress(session, dead, []))
    with writing() as session:
        queue.complete(session, alive)
    refused(lambda session: queue.complete(session, alive))


def test_a_late_worker_that_nobody_replaced_may_finish(open_school, writing):
    open_school.submit("ada")
    lease = _take(writing, seconds=0.0)
    with writing() as session:
        queue.complete(session, lease)


def test_a_heartbeat_keeps_the_lease(open_school, writing):
    open_school.submit("ada")
    start = now()
    lease = _take(writing, at=start, seconds=30)
    with writing() as session:
        queue.renew(session, lease, seconds=30, at=start + timedelta(seconds=20))
    with writing() as session:
        assert queue.reclaim_expired(session, POLICY, at=start + timedelta(seconds=45)) == 0
        assert queue.reclaim_expired(session, POLICY, at=start + timedelta(seconds=51)) == 1


def test_a_failure_is_tried_again_after_growing_pauses_then_parked_with_its_evidence(open_school, writing):
    submission = open_school.submit("ada")
    at = now() + timedelta(seconds=1)
    for number, pause in ((1, 2), (2, 4)):
        lease = _take(writing, at=at)
        with writing() as session:
            assert queue.fail(session, lease, f"engine down {number}", POLICY, at=at) is JobState.QUEUED
        assert _take(writing, at=at + timedelta(seconds=pause - 0.1)) is None
        at += timedelta(seconds=pause)
    lease = _take(writing, at=at)
    with writing() as session:
        assert queue.fail(session, lease, "engine down 3", POLICY, at=at) is JobState.PARKED
    assert _take(writing, at=at + timedelta(days=365)) is None
    with writing() as session:
        job = _job(session, submission)
        assert job.last_error == "engine down 3"
        evidence = session.scalars(select(GradingFailure).order_by(GradingFailure.id)).all()
        assert [(one.lease, one.detail) for one in evidence] == [
            (1, "engine down 1"),
            (2, "engine down 2"),
            (3, "engine down 3"),
        ]


def test_a_failure_that_cannot_go_away_is_parked_at_once(open_school, writing):
    open_school.submit("ada")
    lease = _take(writing)
    with writing() as session:
        assert queue.fail(session, lease, "broken package", POLICY, retriable=False) is JobState.PARKED


def test_a_submission_that_kills_each_worker_is_parked_and_the_next_one_graded(open_school, writing):
    poison, healthy = open_school.submit("ada"), open_school.submit("bob")
    at = now() + timedelta(seconds=1)
    for _ in range(POLICY.tries):
        lease = _take(writing, at=at, seconds=1)
        while lease.submission_id != poison:
            with writing() as session:
                queue.complete(session, lease)
            lease = _take(writing, at=at, seconds=1)
        at += timedelta(minutes=1)
        with writing() as session:
            queue.reclaim_expired(session, POLICY, at=at)
        at += timedelta(minutes=1)
    with writing() as session:
        assert _job(session, poison).state is JobState.PARKED
    lease = _take(writing, at=at)
    assert lease is None or lease.submission_id == healthy


def test_a_released_job_is_at_once_anothers_and_costs_no_try(open_school, writing):
    submission = open_school.submit("ada")
    lease = _take(writing, "leaving")
    with writing() as session:
        queue.add_progress(session, lease, [ProgressEvent(job_id=lease.job_id, kind="check", data="{}")])
    with writing() as session:
        queue.release(session, lease)
    again = _take(writing, "staying")
    assert again.submission_id == submission
    with writing() as session:
        assert _job(session, submission).failures == 0
        assert session.scalars(select(ProgressEvent)).all() == []


def test_staff_can_have_a_parked_submission_graded_again(open_school, writing):
    submission = open_school.submit("ada")
    lease = _take(writing)
    with writing() as session:
        queue.fail(session, lease, "broken", POLICY, retriable=False)
    assert open_school.get("ada", f"/submissions/{submission}").json()["state"] == "failed"
    answer = open_school.call("tess", "POST", f"/submissions/{submission}/retry")
    assert answer.status_code == 202
    assert answer.json()["state"] == "queued"
    open_school.grade(7.0)
    assert open_school.get("ada", f"/submissions/{submission}").json()["score"] == 7.0
    assert open_school.call("tess", "POST", f"/submissions/{submission}/retry").status_code == 409


def test_the_place_in_the_queue_is_counted_from_one(open_school, writing):
    submissions = [open_school.submit(who) for who in ("ada", "bob", "ada")]

    def places():
        return [
            open_school.get("tess", f"/submissions/{one}").json()["queue_position"] for one in submissions
        ]

    assert places() == [1, 2, 3]
    _take(writing)
    assert places() == [None, 1, 2]


def test_old_progress_is_forgotten(open_school, writing):
    open_school.submit("ada")
    open_school.grade()
    with writing() as session:
        assert session.scalars(select(ProgressEvent)).all()
        queue.prune_progress(session, before=now() + timedelta(seconds=1))
        assert not session.scalars(select(ProgressEvent)).all()


def test_the_health_check_counts_what_waits(open_school):
    open_school.submit("ada")
    body = open_school.http.get("/api/v1/healthz").json()
    assert (body["status"], body["queued"], body["parked"]) == ("ok", 1, 0)

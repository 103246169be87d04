"""A clock that jumps strands no job and doubles no verdict."""

from __future__ import annotations

from datetime import timedelta

import pytest

from api.database import now
from api.errors import LeaseLostError
from api.jobs import queue
from api.jobs.retrying import RetryPolicy

POLICY = RetryPolicy(tries=3, pause_seconds=2.0, lease_seconds=30.0)
HOURS = timedelta(hours=5)


@pytest.fixture
def writing(open_school):
    return open_school.services.database.writing


def _take(writing, at, worker="w"):
    with writing() as session:
        return queue.lease_next(session, worker, seconds=30, policy=POLICY, at=at)


def test_a_lease_from_before_a_jump_backwards_is_taken_for_silent(open_school, writing):
    open_school.submit("ada")
    later = now() + timedelta(seconds=1)
    dead = _take(writing, later + HOURS, "dead")
    with writing() as session:
        assert queue.has_work(session, POLICY, at=later)
        assert queue.reclaim_expired(session, POLICY, at=later) == 1
    alive = _take(writing, later + timedelta(minutes=1), "alive")
    assert alive.number == dead.number + 1
    with pytest.raises(LeaseLostError), writing() as session:
        queue.complete(session, dead)
    with writing() as session:
        queue.complete(session, alive)


def test_a_lease_of_a_machine_whose_clock_is_a_little_ahead_is_respected(open_school, writing):
    open_school.submit("ada")
    later = now() + timedelta(seconds=1)
    _take(writing, later + timedelta(seconds=20))
    with writing() as session:
        assert queue.reclaim_expired(session, POLICY, at=later) == 0


def test_a_pause_from_before_a_jump_backwards_does_not_strand_a_job(open_school, writing):
    open_school.submit("ada")
    later = now() + timedelta(seconds=1)
    lease = _take(writing, later + HOURS)
    with writing() as session:
        queue.fail(session, lease, "engine down", POLICY, at=later + HOURS)
    assert _take(writing, later) is not None


def test_a_pause_that_is_possible_is_kept(open_school, writing):
    open_school.submit("ada")
    later = now() + timedelta(seconds=1)
    lease = _take(writing, later)
    with writing() as session:
        queue.fail(session, lease, "engine down", POLICY, at=later)
    assert _take(writing, later + timedelta(seconds=1)) is None
    assert _take(writing, later + timedelta(seconds=3)) is not None


def test_after_a_jump_forward_the_worker_that_lives_is_refused_and_the_job_graded_again(open_school, writing):
    open_school.submit("ada")
    start = now() + timedelta(seconds=1)
    living = _take(writing, start)
    with writing() as session:
        assert queue.reclaim_expired(session, POLICY, at=start + HOURS) == 1
    again = _take(writing, start + HOURS + timedelta(minutes=1))
    with pytest.raises(LeaseLostError), writing() as session:
        queue.renew(session, living, seconds=30)
    with writing() as session:
        queue.complete(session, again)

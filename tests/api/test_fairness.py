"""One student's burst never delays the others: the guarantee of ``api.jobs.fairness``, step by step."""

from __future__ import annotations

import time
from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from api.database import now
from api.jobs import queue
from api.jobs.retrying import RetryPolicy
from api.models import GradingJob, JobState, Regrade
from api.regrading.models import RegradeKind

STUDENTS = 4
STEPS = st.lists(
    st.one_of(st.integers(0, STUDENTS - 1), st.sampled_from(["start", "end"])), min_size=5, max_size=60
)


@pytest.fixture
def writing(open_school):
    return open_school.services.database.writing


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None
)
@given(steps=STEPS)
def test_what_the_fair_order_promises_holds_whoever_comes_when(writing, line, steps):
    with writing() as session:
        nothing_happened = session.begin_nested()
        _play(session, line(session), steps)
        nothing_happened.rollback()


def _play(session, queued, steps):
    """Let jobs arrive, start and end as ``steps`` say, then the rest, and look at who started when."""
    people = queued.students(STUDENTS)
    running, started = [], []
    arrived_at, ahead = {}, {}

    def start():
        lease = queue.lease_next(session, "w", seconds=30)
        if lease is not None:
            running.append(lease)
            started.append((clock, lease.job_id))
        return lease

    for clock, step in enumerate(steps):
        if step == "start":
            start()
        elif step == "end":
            if running:
                queue.complete(session, running.pop(0))
        else:
            student = people[step]
            waiting = select(func.count()).where(
                GradingJob.user_id == student.id, GradingJob.state == JobState.QUEUED
            )
            own = session.scalar(waiting)
            job = queued.arrive(student)
            arrived_at[job.id], ahead[job.id] = clock, own
    clock = len(steps)
    while start() is not None:
        clock += 1

    owner = dict(session.execute(select(GradingJob.id, GradingJob.user_id)).all())
    position = {job: place for place, (_, job) in enumerate(started)}
    assert position.keys() == ahead.keys()
    for job, k in ahead.items():
        later = [other for other in ahead if arrived_at[other] > arrived_at[job]]
        for other in later:
            if ahead[other] > k or owner[other] == owner[job]:
                assert position[job] < position[other]
        overtakers = Counter(
            owner[other]
            for moment, other in started[: position[job]]
            if moment > arrived_at[job] and owner[other] != owner[job]
        )
        assert max(overtakers.values(), default=0) <= k + 2


def test_with_one_worker_a_newcomer_waits_for_one_of_the_burst_not_for_all(writing, line):
    with writing() as session:
        queued = line(session)
        busy, quiet = queued.students(2)
        for _ in range(1, 21):
            queued.arrive(busy)
        for _ in range(3):
            queue.complete(session, queue.lease_next(session, "w", seconds=30))
        newcomer = queued.arrive(quiet)
        order = [queue.lease_next(session, "w", seconds=30).job_id for _ in range(2)]
        assert newcomer.id in order


def test_having_been_away_earns_nothing(writing, line):
    with writing() as session:
        queued = line(session)
        steady, away = queued.students(2)
        for _ in range(1, 11):
            queued.arrive(steady)
            queue.complete(session, queue.lease_next(session, "w", seconds=30))
        waiting = [queued.arrive(steady), *(queued.arrive(away) for n in range(1, 6))]
        order = [queue.lease_next(session, "w", seconds=30).job_id for _ in waiting]
        assert order.index(waiting[0].id) <= 2


def test_a_failed_try_keeps_its_turn(writing, line):
    policy = RetryPolicy(tries=3, pause_seconds=1)
    with writing() as session:
        queued = line(session)
        one, other = queued.students(2)
        first = queued.arrive(one)
        lease = queue.lease_next(session, "w", seconds=30)
        queue.fail(session, lease, "engine down", policy)
        queued.arrive(other)
        assert queue.lease_next(session, "w", seconds=30, at=now() + timedelta(minutes=1)).job_id == first.id


def test_students_go_before_what_a_regrade_runs_again(writing, line):
    with writing() as session:
        queued = line(session)
        one, other = queued.students(2)
        again, new = queued.arrive(one), queued.arrive(other)
        again.regrade_id = _regrade(session, queued.pset, one)
        session.flush()
        assert [queue.lease_next(session, "w", seconds=30).job_id for _ in range(2)] == [new.id, again.id]


def _regrade(session, pset, person):
    regrade = Regrade(
        pset_id=pset.id,
        kind=RegradeKind.RERUN,
        package_digest=pset.package_digest,
        reason="x",
        requested_by=person.id,
    )
    session.add(regrade)
    session.flush()
    return regrade.id


def test_the_next_job_is_found_at_once_among_five_thousand(writing, line):
    with writing() as session:
        queued = line(session)
        queued.crowd(queued.students(100), each=50)
    seconds = []
    for _ in range(30):
        with writing() as session:
            began = time.perf_counter()
            assert queue.lease_next(session, "w", seconds=30) is not None
            seconds.append(time.perf_counter() - began)
    assert sorted(seconds)[15] < 0.25, seconds

"""The life of grading jobs as a machine that does anything in any order: nothing is lost or graded twice."""

from __future__ import annotations

import os
import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import delete, select, text

from api.accounts.models import User
from api.courses.models import Course, Enrolment
from api.database import now
from api.errors import LeaseLostError, TooManyError
from api.gradebook.recording import record_report
from api.jobs import queue
from api.jobs.interventions import lift_quarantine, quarantine, take_back
from api.jobs.queue import Lease
from api.jobs.retrying import RetryPolicy
from api.models import (
    GradeChange,
    GradeReportRow,
    GradingFailure,
    GradingHold,
    GradingJob,
    JobState,
    ProgressEvent,
    Submission,
    SubmissionFile,
)
from api.operations.models import HoldScope
from api.roles import Role
from api.submissions.intake import accept_submission
from api.submissions.uploads import UploadedFile

LONG = bool(os.environ.get("GRADECLI_LONG"))
STUDENTS = ("ada", "bob", "eve")
LEASE_SECONDS = 30.0
POLICY = RetryPolicy(tries=3, pause_seconds=2.0, lease_seconds=LEASE_SECONDS)
OWNED = {JobState.RUNNING}
FINAL = {JobState.DONE}
"""What no event but an applied regrade ever leaves."""


@dataclass
class _Seen:
    """What the machine knows of one accepted submission."""

    student: str
    key: str
    ahead: int
    """How many of the same student's jobs waited when it came."""
    state: JobState = JobState.QUEUED
    lease: int = 0
    verdicts: int = 0
    scores: list[float] = field(default_factory=list)
    others_started: Counter[str] = field(default_factory=Counter)


class JobLife(RuleBasedStateMachine):
    """Students hand in, workers take, fail, fall silent and come back, staff intervene, time passes."""

    school: Any
    leases = Bundle("leases")

    def __init__(self) -> None:
        super().__init__()
        self.database = self.school.services.database
        _empty(self.database)
        self.at: datetime = now() + timedelta(hours=1)
        self.seen: dict[str, _Seen] = {}
        self.held = False
        self.calm = True  # nothing happened that the promise of fairness leaves out

    # -- students --------------------------------------------------------------------------------

    @rule(who=st.sampled_from(STUDENTS), content=st.integers(0, 3))
    def hand_in(self, who: str, content: int) -> None:
        key = str(uuid.uuid4())
        waiting = [one for one in self.seen.values() if one.student == who and one.state is JobState.QUEUED]
        try:
            received = self._accept(who, key, content)
        except TooManyError:
            unfinished = (JobState.QUEUED, JobState.RUNNING)
            mine = [one for one in self.seen.values() if one.student == who and one.state in unfinished]
            assert len(mine) >= self.school.settings.submissions_waiting
            return
        assert received.id not in self.seen
        assert received.receipt
        self.seen[received.id] = _Seen(student=who, key=f"{key} {content}", ahead=len(waiting))

    @precondition(lambda self: self.seen)
    @rule(data=st.data())
    def send_again(self, data: st.DataObject) -> None:
        submission, seen = data.draw(st.sampled_from(list(self.seen.items())))
        key, _, content = seen.key.partition(" ")
        assert self._accept(seen.student, key, int(content)).id == submission

    # -- workers ---------------------------------------------------------------------------------

    @rule(target=leases, worker=st.sampled_from(("w1", "w2", "w3")))
    def take(self, worker: str) -> Lease | MultipleResults[Lease]:
        before = self._jobs()
        with self.database.writing() as session:
            lease = queue.lease_next(session, worker, seconds=LEASE_SECONDS, policy=POLICY, at=self.at)
        ready = [
            job
            for job in before.values()
            if job.state is JobState.QUEUED and job.not_before <= self.at and not self.held
        ]
        if lease is None:
            assert not ready
            return multiple()
        first = min(ready, key=lambda job: (job.turn, job.id))
        assert lease.submission_id == first.submission_id
        seen = self.seen[lease.submission_id]
        assert lease.number == seen.lease + 1
        seen.lease, seen.state = lease.number, JobState.RUNNING
        for other in self.seen.values():
            if other.state is JobState.QUEUED and other.student != seen.student:
                other.others_started[seen.student] += 1
        return lease

    @rule(lease=leases, score=st.sampled_from((0.0, 4.0, 10.0)))
    def give_a_verdict(self, lease: Lease, score: float) -> None:
        def write(session: Any) -> None:
            queue.complete(session, lease, at=self.at)
            submission = session.get_one(Submission, lease.submission_id)
            report = self.school.report(submission.digest, score=score)
            record_report(session, submission, report, lease=lease.number, worker=lease.worker)

        if self._does(lease, write):
            self.seen[lease.submission_id].state = JobState.DONE
            self.seen[lease.submission_id].verdicts += 1
            self.seen[lease.submission_id].scores.append(score)

    @rule(lease=leases)
    def renew(self, lease: Lease) -> None:
        self._does(lease, lambda session: queue.renew(session, lease, seconds=LEASE_SECONDS, at=self.at))

    @rule(lease=leases)
    def tell_progress(self, lease: Lease) -> None:
        def write(session: Any) -> None:
            queue.add_progress(session, lease, [ProgressEvent(job_id=lease.job_id, kind="check", data="{}")])

        self._does(lease, write)

    @rule(lease=leases, retriable=st.booleans())
    def fail(self, lease: Lease, retriable: bool) -> None:
        def write(session: Any) -> None:
            queue.fail(session, lease, "the engine is down", POLICY, retriable=retriable, at=self.at)

        if self._does(lease, write):
            self.calm = False
            self._learn(lease.submission_id, {JobState.QUEUED, JobState.PARKED})

    @rule(lease=leases)
    def hand_back(self, lease: Lease) -> None:
        if self._does(lease, lambda session: queue.release(session, lease)):
            self.calm = False
            self._learn(lease.submission_id, {JobState.QUEUED})

    @rule(seconds=st.sampled_from((0.0, LEASE_SECONDS + 1)))
    def reclaim(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
        silent = {
            job.submission_id
            for job in self._jobs().values()
            if job.state is JobState.RUNNING and job.lease_expires_at < self.at
        }
        with self.database.writing() as session:
            assert queue.reclaim_expired(session, POLICY, at=self.at) == len(silent)
        for submission in silent:
            self.calm = False
            self._learn(submission, {JobState.QUEUED, JobState.PARKED})

    @rule(seconds=st.sampled_from((1.0, 5.0, 60.0)))
    def let_time_pass(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)

    # -- staff -----------------------------------------------------------------------------------

    @precondition(lambda self: self.seen)
    @rule(data=st.data())
    def take_back(self, data: st.DataObject) -> None:
        submission = data.draw(st.sampled_from(list(self.seen)))
        ended = self.seen[submission].state in (JobState.PARKED, JobState.SUPERSEDED)
        with self.database.writing() as session:
            assert take_back(session, submission) is ended
        if ended:
            self.calm = False
            self._learn(submission, {JobState.QUEUED})

    @precondition(lambda self: self.seen)
    @rule(data=st.data(), lift=st.booleans())
    def keep_away(self, data: st.DataObject, lift: bool) -> None:
        submission = data.draw(st.sampled_from(list(self.seen)))
        before = self.seen[submission].state
        self.calm = False
        with self.database.writing() as session:
            (lift_quarantine if lift else quarantine)(session, submission)
        if lift and before is JobState.QUARANTINED:
            self._learn(submission, {JobState.QUEUED})
        if not lift and before in (JobState.QUEUED, JobState.RUNNING):
            self._learn(submission, {JobState.QUARANTINED})

    @rule(stop=st.sampled_from((False, False, False, True)))
    def hold(self, stop: bool) -> None:
        self.calm = False
        with self.database.writing() as session:
            session.execute(delete(GradingHold))
            if stop:
                root = session.scalars(select(User.id).where(User.is_admin)).one()
                session.add(GradingHold(scope=HoldScope.ALL, reason="an incident", placed_by=root))
        self.held = stop

    @rule(wanted=st.booleans())
    def choose_superseding(self, wanted: bool) -> None:
        self.calm = False
        with self.database.writing() as session:
            session.scalars(select(Course).where(Course.name == "dl")).one().supersede_queued = wanted

    # -- what always holds -----------------------------------------------------------------------

    @invariant()
    def nothing_accepted_disappears_and_nothing_else_appears(self) -> None:
        assert self._jobs().keys() == self.seen.keys()

    @invariant()
    def each_job_is_where_it_was_last_seen(self) -> None:
        for submission, job in self._jobs().items():
            seen = self.seen[submission]
            assert job.state is seen.state, (submission, job.state, seen.state)
            assert job.lease == seen.lease

    @invariant()
    def a_job_has_an_owner_exactly_while_it_runs(self) -> None:
        for job in self._jobs().values():
            owned = (job.lease_owner is not None, job.lease_expires_at is not None)
            assert owned == ((True, True) if job.state is JobState.RUNNING else (False, False))

    @invariant()
    def a_verdict_lands_once_and_only_where_the_job_is_done(self) -> None:
        with self.database.reading() as session:
            reports = session.scalars(select(GradeReportRow)).all()
        counted = Counter(report.submission_id for report in reports)
        for submission, seen in self.seen.items():
            assert counted[submission] == seen.verdicts == (1 if seen.state is JobState.DONE else 0)
        assert all(report.lease == self.seen[report.submission_id].lease for report in reports)

    @invariant()
    def the_grade_is_the_best_verdict(self) -> None:
        best = {
            who: max(score for one in self.seen.values() if one.student == who for score in one.scores)
            for who in STUDENTS
            if any(one.scores for one in self.seen.values() if one.student == who)
        }
        with self.database.reading() as session:
            history = session.execute(
                select(User.name, GradeChange.before, GradeChange.after)
                .join(User, User.id == GradeChange.user_id)
                .order_by(GradeChange.id)
            ).all()
        standing: dict[str, float | None] = {}
        for name, before, after in history:
            assert standing.get(name.lower()) == before
            standing[name.lower()] = after
        assert standing == best

    @invariant()
    def nobody_waits_for_anothers_burst(self) -> None:
        if self.calm:
            for seen in self.seen.values():
                if seen.state is JobState.QUEUED:
                    assert max(seen.others_started.values(), default=0) <= seen.ahead + 2

    # -- how -------------------------------------------------------------------------------------

    def _accept(self, who: str, key: str, content: int) -> Any:
        received = accept_submission(
            self.school.services,
            self.school.actor(who),
            course_name="dl",
            pset_name="pset1",
            files=[UploadedFile(name="alpha.py", content=f"x = {content}\n".encode())],
            idempotency_key=key,
            at=self.at,
        )
        for submission, job in self._jobs().items():
            seen = self.seen.get(submission)
            if seen and job.state is JobState.SUPERSEDED and seen.state is JobState.QUEUED:
                assert seen.student == who
                seen.state = JobState.SUPERSEDED
        return received

    def _does(self, lease: Lease, step: Any) -> bool:
        """Try ``step`` under ``lease``: it is done if and only if the lease is the job's newest, and runs."""
        seen = self.seen[lease.submission_id]
        valid = seen.state is JobState.RUNNING and seen.lease == lease.number
        try:
            with self.database.writing() as session:
                step(session)
        except LeaseLostError:
            assert not valid
            return False
        assert valid
        return True

    def _learn(self, submission: str, possible: set[JobState]) -> None:
        state = self._jobs()[submission].state
        assert state in possible
        self.seen[submission].state = state

    def _jobs(self) -> dict[str, GradingJob]:
        with self.database.reading() as session:
            return {job.submission_id: job for job in session.scalars(select(GradingJob))}


def _empty(database: Any) -> None:
    with database.writing() as session:
        for table in (
            GradeChange,
            GradeReportRow,
            ProgressEvent,
            GradingFailure,
            GradingJob,
            SubmissionFile,
            Submission,
            GradingHold,
        ):
            session.execute(delete(table).execution_options(synchronize_session=False))
        session.scalars(select(Course).where(Course.name == "dl")).one().supersede_queued = False


def _let_history_be_emptied(database: Any) -> None:
    """The database refuses to forget reports and grades; between two examples it has to."""
    with database.writing() as session:
        if database.engine.dialect.name == "sqlite":
            for name in session.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
                session.execute(text(f"DROP TRIGGER {name}"))
        else:
            for table in (GradeChange, GradeReportRow):
                session.execute(text(f"ALTER TABLE {table.__tablename__} DISABLE TRIGGER USER"))


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_whatever_happens_in_whatever_order_each_submission_is_graded_once(open_school):
    _let_history_be_emptied(open_school.services.database)
    with open_school.services.database.writing() as session:
        course = session.scalars(select(Course).where(Course.name == "dl")).one()
        eve = session.scalars(select(User).where(User.name == "Eve")).one()
        session.add(Enrolment(course=course, user=eve, role=Role.STUDENT))
    machine = type("OpenSchoolsJobLife", (JobLife,), {"school": open_school})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=500 if LONG else 20,
            stateful_step_count=60 if LONG else 40,
            derandomize=not LONG,
            # A run that is small anyway is told as it was found: making it smaller takes minutes.
            phases=tuple(Phase) if LONG else (Phase.generate,),
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )

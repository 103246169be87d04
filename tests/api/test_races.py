"""Two of everything at once, in two web processes or workers: on both databases."""

from __future__ import annotations

import threading
import uuid
from collections import Counter

import pytest
from sqlalchemy import func, select

from api.accounts.models import User
from api.courses.models import Course, Enrolment, PublishedPset
from api.courses.roster import import_roster
from api.courses.schemas import CourseIn
from api.courses.service import create_course, publish
from api.errors import ApiError, ConflictError, TooManyError
from api.gradebook.models import GradeChange, GradeReportRow
from api.jobs.models import GradingJob, JobState
from api.services import Services
from api.submissions.intake import accept_submission
from api.submissions.models import Submission
from api.submissions.uploads import UploadedFile
from api.worker.loop import Worker
from grader import submission_digest

AT_ONCE = 8


@pytest.fixture
def processes(school, school_settings):
    """``processes(**settings)``: the school as two web processes see it, each with its own connections."""
    opened = []

    def open_two(**changes):
        settings = school_settings.model_copy(update=changes)
        opened.extend(Services.open(settings, packages=school.packages) for _ in range(2))
        return opened[-2:]

    yield open_two
    for services in opened:
        services.close()


def at_once(*actions):
    """Do all ``actions`` at the same moment, each in its own thread; what each returned or raised."""
    start, outcomes = threading.Barrier(len(actions)), [None] * len(actions)

    def run(number, action):
        start.wait()
        try:
            outcomes[number] = action()
        except Exception as error:
            outcomes[number] = error

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(actions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def submit(services, actor, key, content=b"x = 1\n"):
    return accept_submission(
        services,
        actor,
        course_name="dl",
        pset_name="pset1",
        files=[UploadedFile(name="alpha.py", content=content)],
        idempotency_key=key,
    )


def test_one_request_that_arrives_many_times_is_one_submission(open_school, processes):
    two, ada, key = processes(), open_school.actor("ada"), str(uuid.uuid4())
    answers = at_once(*(lambda s=two[n % 2]: submit(s, ada, key) for n in range(AT_ONCE)))
    assert {answer.id for answer in answers} == {answers[0].id}
    assert len({answer.receipt for answer in answers}) == 1
    with open_school.services.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(GradingJob)) == 1


def test_attempts_at_the_same_moment_get_numbers_of_their_own(open_school, processes):
    two, ada = processes(submissions_waiting=100), open_school.actor("ada")
    answers = at_once(*(lambda s=two[n % 2]: submit(s, ada, str(uuid.uuid4())) for n in range(AT_ONCE)))
    assert sorted(answer.attempt for answer in answers) == list(range(1, AT_ONCE + 1))


@pytest.mark.parametrize("quota", ["submissions_waiting", "submissions_per_hour"])
def test_a_quota_holds_against_a_volley(open_school, processes, quota):
    two, ada = processes(**{"submissions_waiting": 100, quota: 3}), open_school.actor("ada")
    answers = at_once(*(lambda s=two[n % 2]: submit(s, ada, str(uuid.uuid4())) for n in range(AT_ONCE)))
    assert sum(isinstance(answer, TooManyError) for answer in answers) == AT_ONCE - 3
    with open_school.services.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Submission)) == 3


def test_a_course_is_created_once(school, processes):
    two, root = processes(), school.actor("root")

    def create(services):
        with services.database.writing() as session:
            return create_course(session, root, CourseIn(name="new", title="New"))

    answers = at_once(*(lambda s=two[n % 2]: create(s) for n in range(AT_ONCE)))
    assert sum(isinstance(answer, ConflictError) for answer in answers) == AT_ONCE - 1
    with school.services.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Course).where(Course.name == "new")) == 1


def test_a_set_is_published_once_however_many_ask(school, processes):
    two, iris = processes(), school.actor("iris")
    answers = at_once(*(lambda s=two[n % 2]: publish(s, iris, "dl", "pset1", None) for n in range(4)))
    assert {answer.name for answer in answers} == {"pset1"}
    with school.services.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(PublishedPset)) == 1


def test_two_rosters_with_the_same_people_make_each_once(school, processes):
    two, iris = processes(), school.actor("iris")
    people = "".join(f"P {n},p{n}@example.org,student\n" for n in range(20))

    def take_in(services):
        with services.database.writing() as session:
            return import_roster(session, iris, "dl", f"name,email,role\n{people}".encode())

    answers = at_once(*(lambda s=two[n % 2]: take_in(s) for n in range(4)))
    assert sorted(len(answer.added) for answer in answers) == [0, 0, 0, 20]
    with school.services.database.reading() as session:
        emails = Counter(session.scalars(select(User.email)))
        assert max(emails.values()) == 1
        assert session.scalar(select(func.count()).select_from(Enrolment)) >= 24


def test_verdicts_at_the_same_moment_leave_the_best_as_the_grade(open_school, processes):
    two = processes(submissions_waiting=100)
    scores = [3.0, 9.0, 5.0, 7.0]
    for number in range(len(scores)):
        open_school.submit("ada", b"x = %d\n" % number)
    together = threading.Barrier(len(scores))

    def worker(number):
        def grade(work, show, note):
            del show, note
            together.wait(timeout=60)
            return open_school.report(submission_digest(work.files), score=scores[number])

        return Worker(two[number % 2], grade, name=f"w{number}", stop=threading.Event())

    workers = [worker(number) for number in range(len(scores))]
    assert at_once(*(worker.grade_one for worker in workers)) == [True] * len(scores)
    with open_school.services.database.reading() as session:
        changes = session.scalars(select(GradeChange).order_by(GradeChange.id)).all()
        assert session.scalar(select(func.count()).select_from(GradeReportRow)) == len(scores)
    assert changes[-1].after == 9.0
    afters = [change.after for change in changes]
    assert afters == sorted(set(afters))
    assert [change.before for change in changes] == [None, *afters[:-1]]


def test_each_job_is_taken_by_one_worker(open_school, processes):
    two = processes()
    for student in ("ada", "bob"):
        for number in range(2):
            open_school.submit(student, b"x = %d\n" % number)
    workers = [
        Worker(two[number % 2], open_school.grader, name=f"w{number}", stop=threading.Event())
        for number in range(AT_ONCE)
    ]
    leases = [lease for lease in at_once(*(worker._take for worker in workers)) if lease is not None]
    assert not [lease for lease in leases if isinstance(lease, Exception)]
    assert len({lease.submission_id for lease in leases}) == len(leases) == 4
    with open_school.services.database.reading() as session:
        assert set(session.scalars(select(GradingJob.state))) == {JobState.RUNNING}


def test_no_race_ends_as_an_error_of_ours(open_school, processes):
    """Everything at once: whatever is refused is refused in words."""
    two, ada, iris = processes(), open_school.actor("ada"), open_school.actor("iris")

    def enrol():
        with two[0].database.writing() as session:
            import_roster(session, iris, "dl", b"name,email,role\nNew,new@example.org,student\n")

    outcomes = at_once(
        *(lambda n=n: submit(two[n % 2], ada, str(uuid.uuid4())) for n in range(6)),
        *(lambda n=n: publish(two[n % 2], iris, "dl", "pset1", None) for n in range(3)),
        *(enrol for _ in range(3)),
        *(lambda n=n: open_school.worker(f"w{n}").grade_one() for n in range(4)),
    )
    unexpected = [one for one in outcomes if isinstance(one, Exception) and not isinstance(one, ApiError)]
    assert unexpected == []

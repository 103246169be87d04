"""A small school on a fresh data folder: a course, its people, a published set, a scripted grader."""

from __future__ import annotations

import io
import shutil
import threading
import uuid
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from api.access import Actor
from api.accounts.models import User
from api.accounts.service import authenticate, create_user, issue_token
from api.app import create_app
from api.bootstrap import prepare
from api.courses.models import Course, Enrolment, PublishedPset
from api.courses.packages import BuiltPackage, PackageSummary
from api.courses.schemas import ProblemOut
from api.database import Database, now
from api.errors import BadPackageError
from api.jobs.fairness import next_turn
from api.jobs.models import GradingJob
from api.keys import Keys
from api.migrations import migrating
from api.monitoring.readiness import ReadinessProbe
from api.roles import Role
from api.services import Services
from api.settings import Settings
from api.store import ContentStore
from api.submissions.models import Submission
from api.submissions.progress import Watchers
from api.worker.grading import Work
from api.worker.loop import Worker
from grader import (
    CheckResult,
    EventKind,
    GradeEvent,
    GradeReport,
    ProblemReport,
    Verdict,
    Visibility,
    submission_digest,
)
from grader.report import Environment, Measurement

ROOT = Path(__file__).resolve().parents[2]
ROLES = {
    "ada": Role.STUDENT,
    "bob": Role.STUDENT,
    "tess": Role.GRADER,
    "iris": Role.INSTRUCTOR,
}


def handout_of(version: str) -> bytes:
    """A handout with one statement in it."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(zipfile.ZipInfo("pset1/alpha.md"), f"# Alpha\n\nVersion {version}.\n")
    return content.getvalue()


class TwoProblems:
    """A package source with one set of two problems, ``pset1``; ``version`` changes its digest."""

    def __init__(self, store: ContentStore) -> None:
        self.store = store
        self.version = "1"

    def build(self, name: str) -> BuiltPackage:
        if name != "pset1":
            message = f"there is no problem set called {name}"
            raise BadPackageError(message)
        digest = f"version{self.version}".ljust(64, "0")
        with self.store.staging_folder() as staging:
            package = staging / "package"
            package.mkdir()
            (package / "pset.toml").write_text(f'name = "pset1"  # {self.version}\n')
            self.store.keep_package(package, digest)
        problems = (
            ProblemOut(name="alpha", title="Alpha", points=6.0),
            ProblemOut(name="beta", title="Beta", points=4.0),
        )
        return BuiltPackage(
            summary=PackageSummary(
                name="pset1", title="Two problems", digest=digest, max_score=10.0, problems=problems
            ),
            handout_sha256=self.store.put(handout_of(self.version)),
        )


def _check(verdict: Verdict = Verdict.PASSED) -> CheckResult:
    return CheckResult(
        name="shape",
        title="The shape is right",
        visibility=Visibility.HIDDEN,
        verdict=verdict,
        score=6.0,
        max_score=6.0,
        message="told to students",
        detail="STAFF-ONLY detail",
        printed="STAFF-ONLY print",
        instance=3,
    )


def _report(digest: str, score: float, verdict: Verdict = Verdict.PASSED) -> GradeReport:
    problem = ProblemReport(
        name="alpha",
        title="Alpha",
        score=score,
        max_score=10.0,
        digest="d" * 64,
        runtime="numpy",
        checks=(_check(verdict),),
    )
    return GradeReport(
        pset="pset1",
        title="Two problems",
        score=score,
        max_score=10.0,
        submission_digest=digest,
        environment=Environment(backend="scripted", versions={}, digest="e" * 64),
        problems=(problem,),
    )


class ScriptedGrader:
    """Plays one outcome after the other: a score, a report, or an exception; the last one stays."""

    def __init__(self, school: School) -> None:
        self.school = school
        self.outcomes: list[float | GradeReport | BaseException] = [10.0]
        self.works: list[Work] = []
        self.meanwhile: Callable[[], None] = lambda: None

    def __call__(
        self,
        work: Work,
        show: Callable[[GradeEvent], None],
        measured: Callable[[str, Measurement], None],
    ) -> GradeReport:
        self.works.append(work)
        measured("alpha", Measurement(wall_seconds=1.25, cpu_seconds=0.5, peak_memory_bytes=64 * 2**20))
        show(GradeEvent(kind=EventKind.PROBLEM_STARTED, problem="alpha", index=0, total=1))
        show(GradeEvent(kind=EventKind.CHECK_FINISHED, problem="alpha", index=0, total=1, check=_check()))
        self.meanwhile()
        outcome = self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]
        if isinstance(outcome, BaseException):
            raise outcome
        if isinstance(outcome, GradeReport):
            return outcome
        return _report(submission_digest(work.files), outcome)


class School:
    """Everything a test needs, with its course ``dl`` and the people of ``ROLES`` in it.

    ``eve`` has an account but is in no course; ``root`` is the administrator.
    """

    def __init__(self, settings: Settings, tokens: dict[str, str], app: FastAPI) -> None:
        self.settings = settings
        self.tokens = tokens
        self.packages = TwoProblems(ContentStore(settings.data))
        self.services = Services.open(settings, packages=self.packages)
        self.app = app
        self.app.state.services = self.services
        self.app.state.watchers = Watchers()
        self.app.state.readiness = ReadinessProbe()
        self.http = TestClient(self.app)
        self.grader = ScriptedGrader(self)

    def call(self, who: str | None, method: str, path: str, **options: Any) -> Any:
        headers = dict(options.pop("headers", {}))
        if who is not None:
            headers["Authorization"] = f"Bearer {self.tokens[who]}"
        return self.http.request(method, f"/api/v1{path}", headers=headers, **options)

    def get(self, who: str | None, path: str, **options: Any) -> Any:
        return self.call(who, "GET", path, **options)

    def actor(self, who: str) -> Actor:
        with self.services.database.reading() as session:
            return authenticate(session, self.tokens[who])

    def publish(self, due_at: str | None = None) -> dict[str, Any]:
        answer = self.call("iris", "PUT", "/courses/dl/psets/pset1", json={"due_at": due_at})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post_files(
        self,
        who: str,
        files: dict[str, bytes] | list[tuple[str, bytes]],
        key: str | None = None,
        **options: Any,
    ) -> Any:
        pairs = files.items() if isinstance(files, dict) else files
        return self.call(
            who,
            "POST",
            "/courses/dl/psets/pset1/submissions",
            files=[("files", (name, content, "text/x-python")) for name, content in pairs],
            headers={"Idempotency-Key": key or str(uuid.uuid4())},
            **options,
        )

    def submit(self, who: str, content: bytes = b"x = 1\n") -> str:
        answer = self.post_files(who, {"alpha.py": content})
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    def report(self, digest: str, *, verdict: Verdict = Verdict.PASSED, **changes: Any) -> GradeReport:
        """A full-mark report on the submission with that digest, with ``changes``."""
        return _report(digest, 10.0, verdict).model_copy(update=changes)

    def worker(self, name: str = "w1") -> Worker:
        return Worker(self.services, self.grader, name=name, stop=threading.Event())

    def grade(self, score: float = 10.0) -> None:
        """Let a worker grade whatever waits, with that score."""
        self.grader.outcomes = [score]
        worker = self.worker()
        while worker.grade_one():
            pass

    def close(self) -> None:
        self.http.close()
        self.services.close()


@dataclass(frozen=True)
class Furnished:
    """A data folder and a database with the course and its people, to be copied for each test."""

    settings: Settings
    tokens: dict[str, str]


@pytest.fixture(scope="session")
def furnished(
    database_kind: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Furnished:
    """Made once for each kind of database: what uses it is tested on both."""
    url = None
    if database_kind == "postgresql":
        url = request.getfixturevalue("postgresql_server").new_database()
    settings = Settings(data=tmp_path_factory.mktemp("school") / "data", database_url=url)
    prepared = prepare(settings)
    assert prepared.admin_token is not None
    tokens = {"root": prepared.admin_token}
    services = Services.open(settings)
    with services.database.writing() as session:
        course = Course(name="dl", title="Deep learning")
        session.add_all([course, Course(name="other", title="Another course")])
        for name in [*ROLES, "eve"]:
            user = create_user(session, name=name.capitalize(), email=f"{name}@example.org")
            tokens[name] = issue_token(session, user.id, label="test")
            if name in ROLES:
                session.add(Enrolment(course=course, user=user, role=ROLES[name]))
    services.close()
    return Furnished(settings, tokens)


@pytest.fixture(scope="session")
def app(furnished: Furnished) -> FastAPI:
    """The application, built once: each test puts its own services into it."""
    made = create_app(furnished.settings)
    made.state.services.close()
    return made


@pytest.fixture
def school_settings(
    furnished: Furnished, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[Settings]:
    """A data folder and a database of its own for this test."""
    shutil.copytree(furnished.settings.data, tmp_path / "data")
    template = furnished.settings.database_url
    if template is None:
        yield Settings(data=tmp_path / "data", retry_seconds=0.01)
        return
    server = request.getfixturevalue("postgresql_server")
    url = server.new_database(template)
    yield Settings(data=tmp_path / "data", database_url=url, retry_seconds=0.01)
    server.drop(url)


@pytest.fixture
def school(furnished: Furnished, school_settings: Settings, app: FastAPI) -> Iterator[School]:
    opened = School(school_settings, dict(furnished.tokens), app)
    yield opened
    opened.close()


@pytest.fixture
def open_school(school: School) -> School:
    """The school with ``pset1`` published, without a due date."""
    school.publish()
    return school


class Line:
    """Rows of the queue without the uploads that would make them, inside a caller's transaction."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.pset = session.scalars(select(PublishedPset).where(PublishedPset.name == "pset1")).one()
        self._attempts = Counter[int]()

    def students(self, count: int) -> list[User]:
        """Accounts that nobody had before."""
        tag = uuid.uuid4().hex[:8]
        made = [
            create_user(self.session, name=f"S{number}", email=f"s{number}.{tag}@example.org")
            for number in range(count)
        ]
        self.session.flush()
        return made

    def arrive(self, student: User) -> GradingJob:
        """One more submission of ``student`` is taken in."""
        self._attempts[student.id] += 1
        submission = Submission(
            id=uuid.uuid4().hex[:16],
            pset=self.pset,
            user_id=student.id,
            attempt=self._attempts[student.id],
            digest="d" * 64,
            package_digest=self.pset.package_digest,
            idempotency_key=str(uuid.uuid4()),
            received_at=now(),
            job=GradingJob(user_id=student.id, turn=next_turn(self.session, student.id)),
        )
        self.session.add(submission)
        self.session.flush()
        return submission.job

    def crowd(self, students: list[User], *, each: int) -> None:
        """``each`` submissions of every student, all at once, in a queue where nobody waits."""
        submissions = [
            {
                "id": uuid.uuid4().hex[:16],
                "pset_id": self.pset.id,
                "user_id": student.id,
                "attempt": attempt,
                "digest": "d" * 64,
                "package_digest": self.pset.package_digest,
                "idempotency_key": str(uuid.uuid4()),
                "received_at": now(),
            }
            for attempt in range(1, each + 1)
            for student in students
        ]
        jobs = [
            {"submission_id": row["id"], "user_id": row["user_id"], "turn": row["attempt"]}
            for row in submissions
        ]
        self.session.execute(insert(Submission), submissions)
        self.session.execute(insert(GradingJob), jobs)


@pytest.fixture
def line() -> type[Line]:
    """``line(session)`` fills the queue of the open school."""
    return Line


@pytest.fixture
def user_id(school: School) -> Callable[[str], int]:
    def find(who: str) -> int:
        with school.services.database.reading() as session:
            return session.scalars(select(User.id).where(User.email == f"{who}@example.org")).one()

    return find


@pytest.fixture
def noon() -> datetime:
    return datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.fixture
def old_school(database_address: str, tmp_path: Path) -> Settings:
    """A service as the first release left it: a course, its people, work in each state; schema 0001."""
    data = tmp_path / "old"
    data.mkdir()
    settings = Settings(data=data, database_url=database_address)
    store = ContentStore(data)
    store.create()
    Keys.create(data)
    with store.staging_folder() as staging:
        (staging / "pset.toml").write_text('name = "pset1"\n')
        store.keep_package(staging, "version1")
    statements = (ROOT / "tests" / "fixtures" / "schema_0001.sql").read_text(encoding="utf-8")
    statements = statements.replace("{blob}", store.put(b"x = 1\n")).replace("{report}", "{}")
    database = Database(database_address)
    with migrating(database) as (connection, config):
        command.upgrade(config, "0001")
        for statement in statements.split(";\n"):
            if statement.strip():
                connection.exec_driver_sql(statement)
    database.close()
    return settings

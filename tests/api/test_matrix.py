"""The matrix: what every route, of the API and of the pages, answers to every kind of person.

A new route needs a line in :data:`MATRIX`, or a test fails and says which is missing:

1. The line: method, path as the application declares it, and one status for each column.
2. A body, if the route takes one: an entry in :data:`REQUESTS`. Forms of pages get their proof
   (``csrf``) by themselves.
3. A new name in a path, such as ``{job}``: an entry in :data:`PLACES`. What is one student's
   is always Ada's, who is in section A.
4. Something that must be true before it can succeed, such as a parked job: an entry in
   :data:`BEFORE`, which runs before each person's turn.

The columns, and why each is there:

- ``nobody``: not logged in. Pages lead to the log-in (303), forms and the API refuse (401).
- ``own``: Ada, a student, asks about what is hers.
- ``other``: Bob, a student of section B, asks about what is Ada's: 404, as if it did not exist.
- ``gr-own``: a grader of section A.    ``gr-oth``: a grader of section B.    ``grader``: of all.
- ``instr``: an instructor of the course.    ``elsewh``: an instructor, but of another course.
- ``admin``: an administrator who is enrolled in no course.

People take their turns from left to right in one world, so a person may meet what the one before
them did. Every route that changes something and that needs staff must leave an entry in the audit
trail when it succeeds: a test looks.
"""

from __future__ import annotations

import io
import uuid
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from sqlalchemy import func, select, update

from api.accounts.logins import Client, log_in_with_token
from api.accounts.models import Token, User
from api.accounts.service import create_user, issue_token
from api.courses.models import Course, Enrolment
from api.database import now
from api.gradebook.recording import newest_reports
from api.jobs.models import GradingJob, JobState
from api.operations.models import AuditEntry, GradingHold, HoldScope
from api.regrading.models import ItemState, Regrade, RegradeItem, RegradeKind, RegradeState
from api.roles import Role
from api.submissions.models import Submission
from api.web.visitors import COOKIE, Visitor

PEOPLE = ("nobody", "own", "other", "gr-own", "gr-oth", "grader", "instr", "elsewh", "admin")


def zip_of(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


MATRIX = """
#                                                     nobody own other gr-own gr-oth grader instr elsewh admin
GET  /api/v1/openapi.json                                200 200   200    200    200    200   200    200   200
GET  /api/v1/healthz                                     200 200   200    200    200    200   200    200   200
GET  /api/v1/me                                          401 200   200    200    200    200   200    200   200
GET  /api/v1/me/tokens                                   401 200   200    200    200    200   200    200   200
POST /api/v1/me/tokens                                   401 201   201    201    201    201   201    201   201
DELETE /api/v1/me/tokens/{token}                         401 204   404    404    404    404   404    404   404
POST /api/v1/people/revoke                               401 403   403    403    403    403   200    404   200
POST /api/v1/people/password-link                        401 403   403    403    403    403   201    404   201
POST /api/v1/device/code                                 200 200   200    200    200    200   200    200   200
POST /api/v1/device/token                                400 400   400    400    400    400   400    400   400
POST /api/v1/courses                                     401 403   403    403    403    403   403    403   201
GET  /api/v1/courses/{course}/psets                      401 200   200    200    200    200   200    404   200
PUT  /api/v1/courses/{course}/psets/{pset}               401 403   403    403    403    403   200    404   200
GET  /api/v1/courses/{course}/psets/{pset}/handout       401 200   200    200    200    200   200    404   200
POST /api/v1/courses/{course}/roster                     401 403   403    403    403    403   200    404   200
POST /api/v1/courses/{course}/psets/{pset}/submissions   401 201   201    201    201    201   201    404   201
GET  /api/v1/courses/{course}/submissions                401 200   200    200    200    200   200    404   200
GET  /api/v1/courses/{course}/scores                     401 200   200    200    200    200   200    404   200
GET  /api/v1/courses/{course}/gradebook                  401 403   403    200    200    200   200    404   200
GET  /api/v1/courses/{course}/gradebook.csv              401 403   403    200    200    200   200    404   200
GET  /api/v1/courses/{course}/psets/{pset}/mistakes      401 403   403    200    200    200   200    404   200
GET  /api/v1/courses/{course}/psets/{pset}/students/{student}/history \
                                                         401 403   403    200    404    200   200    404   200
GET  /api/v1/submissions/{submission}                    401 200   404    200    404    200   200    404   200
GET  /api/v1/submissions/{submission}/report             401 200   404    200    404    200   200    404   200
GET  /api/v1/submissions/{submission}/uploads            401 200   404    200    404    200   200    404   200
GET  /api/v1/submissions/{submission}/uploads/{upload_name} \
                                                         401 200   404    200    404    200   200    404   200
GET  /api/v1/submissions/{submission}/files/{filename}   401 200   404    200    404    200   200    404   200
GET  /api/v1/submissions/{submission}/events             401 200   404    200    404    200   200    404   200
POST /api/v1/submissions/{submission}/retry              401 403   404    202    404    202   202    404   202
POST /api/v1/submissions/{submission}/quarantine         401 403   404    403    404    403   200    404   200
DELETE /api/v1/submissions/{submission}/quarantine       401 403   404    403    404    403   200    404   200
PATCH /api/v1/courses/{course}                           401 403   403    403    403    403   200    404   200
GET  /api/v1/courses/{course}/operations                 401 403   403    403    403    403   200    404   200
GET  /api/v1/courses/{course}/holds                      401 403   403    403    403    403   200    404   200
POST /api/v1/courses/{course}/holds                      401 403   403    403    403    403   201    404   201
GET  /api/v1/holds                                       401 403   403    403    403    403   403    403   200
POST /api/v1/holds                                       401 403   403    403    403    403   403    403   201
POST /api/v1/holds/{hold}/lift                           401 403   403    403    403    403   200    404   200
POST /api/v1/receipts/verify                             401 200   200    200    200    200   200    200   200
POST /api/v1/courses/{course}/psets/{pset}/regrades      401 403   403    403    403    403   201    404   201
GET  /api/v1/courses/{course}/psets/{pset}/regrades      401 403   403    200    200    200   200    404   200
GET  /api/v1/courses/{course}/psets/{pset}/regrades/{regrade} \
                                                         401 403   403    200    404    200   200    404   200
POST /api/v1/courses/{course}/psets/{pset}/regrades/{regrade}/apply \
                                                         401 403   403    200    404    200   200    404   200
POST /api/v1/courses/{course}/psets/{pset}/regrades/{regrade}/discard \
                                                         401 403   403    200    404    200   200    404   200
GET  /api/v1/courses/{course}/audit                      401 403   403    403    403    403   200    404   200
GET  /api/v1/audit                                       401 403   403    403    403    403   403    403   200
GET  /healthz                                            200 200   200    200    200    200   200    200   200
GET  /readyz                                             200 200   200    200    200    200   200    200   200
GET  /metrics                                            403 403   403    403    403    403   403    403   403

GET  /                                                   200 200   200    200    200    200   200    200   200
POST /login                                              401 401   401    401    401    401   401    401   401
GET  /account                                            303 200   200    200    200    200   200    200   200
POST /account/password                                   401 200   200    200    200    200   200    200   200
POST /account/tokens                                     401 200   200    200    200    200   200    200   200
POST /account/tokens/{token}/revoke                      401 303   404    404    404    404   404    404   404
POST /account/log-out-everywhere                         401 303   303    303    303    303   303    303   303
GET  /password                                           200 200   200    200    200    200   200    200   200
POST /password                                           401 401   401    401    401    401   401    401   401
GET  /device                                             303 200   200    200    200    200   200    200   200
POST /device                                             401 200   200    200    200    200   200    200   200
POST /logout                                             401 303   303    303    303    303   303    303   303
GET  /courses/{course}/psets/{pset}                      303 200   200    200    200    200   200    404   200
POST /courses/{course}/psets/{pset}/submissions          401 303   303    303    303    303   303    404   303
GET  /courses/{course}/psets/{pset}/handout.zip          303 200   200    200    200    200   200    404   200
GET  /courses/{course}/psets/{pset}/handouts/{problem}   303 200   200    200    200    200   200    404   200
GET  /submissions/{submission}                           303 200   404    200    404    200   200    404   200
POST /submissions/{submission}/retry                     401 403   404    303    404    303   303    404   303
POST /submissions/{submission}/quarantine                401 403   404    403    404    403   303    404   303
POST /submissions/{submission}/quarantine/lift           401 403   404    403    404    403   303    404   303
GET  /courses/{course}/operations                        303 403   403    403    403    403   200    404   200
POST /courses/{course}/holds                             401 403   403    403    403    403   303    404   303
POST /courses/{course}/holds/{hold}/lift                 401 403   403    403    403    403   303    404   303
GET  /submissions/{submission}/events                    303 200   404    200    404    200   200    404   200
GET  /submissions/{submission}/receipt.txt               303 200   404    200    404    200   200    404   200
GET  /submissions/{submission}/files/{filename}          303 200   404    200    404    200   200    404   200
GET  /submissions/{submission}/uploads/{upload_name}     303 200   404    200    404    200   200    404   200
GET  /courses/{course}/psets/{pset}/regrades             303 403   403    200    200    200   200    404   200
POST /courses/{course}/psets/{pset}/regrades             401 403   403    403    403    403   303    404   303
GET  /courses/{course}/psets/{pset}/regrades/{regrade}   303 403   403    200    404    200   200    404   200
POST /courses/{course}/psets/{pset}/regrades/{regrade}/apply \
                                                         401 403   403    303    404    303   303    404   303
POST /courses/{course}/psets/{pset}/regrades/{regrade}/discard \
                                                         401 403   403    303    404    303   303    404   303
GET  /courses/{course}/gradebook                         303 403   403    200    200    200   200    404   200
GET  /courses/{course}/gradebook.csv                     303 403   403    200    200    200   200    404   200
GET  /courses/{course}/psets/{pset}/mistakes             303 403   403    200    200    200   200    404   200
GET  /courses/{course}/students/{student}                303 403   403    200    404    200   200    404   200
GET  /courses/{course}/audit                             303 403   403    403    403    403   200    404   200
GET  /audit                                              303 403   403    403    403    403   403    403   200
GET  /static/{name}                                      200 200   200    200    200    200   200    200   200
"""

GOOD_PASSWORD = "a horse, a staple"
_CSV = {"content": b"name,email,role\nNew,new@example.org,student\n", "headers": {"Content-Type": "text/csv"}}
_ZIP = zip_of({"alpha.py": b"x = 1\n"})
_FILE = [("files", ("alpha.py", b"x = 1\n", "text/x-python"))]

REQUESTS: dict[tuple[str, str], Callable[[World], dict[str, Any]]] = {
    ("POST", "/api/v1/me/tokens"): lambda _: {"json": {"label": "mine", "scopes": ["read"]}},
    ("POST", "/api/v1/people/revoke"): lambda _: {"json": {"email": "ada@example.org"}},
    ("POST", "/api/v1/people/password-link"): lambda _: {"json": {"email": "ada@example.org"}},
    ("POST", "/api/v1/device/code"): lambda _: {"json": {"client": "a program"}},
    ("POST", "/api/v1/device/token"): lambda _: {"json": {"device_code": "unknown"}},
    ("POST", "/account/password"): lambda _: {"data": {"new": GOOD_PASSWORD, "again": GOOD_PASSWORD}},
    ("POST", "/account/tokens"): lambda _: {"data": {"label": "mine", "scope": "read", "days": "7"}},
    ("POST", "/password"): lambda _: {
        "data": {"secret": "unknown", "new": GOOD_PASSWORD, "again": GOOD_PASSWORD}
    },
    ("POST", "/device"): lambda world: {"data": {"code": world.user_code(), "answer": "approve"}},
    ("POST", "/api/v1/courses"): lambda _: {"json": {"name": "new", "title": "New"}},
    ("PUT", "/api/v1/courses/{course}/psets/{pset}"): lambda _: {"json": {"due_at": None}},
    ("POST", "/api/v1/courses/{course}/roster"): lambda _: dict(_CSV),
    ("POST", "/api/v1/courses/{course}/psets/{pset}/submissions"): lambda _: {
        "files": _FILE,
        "headers": {"Idempotency-Key": str(uuid.uuid4())},
    },
    ("POST", "/api/v1/submissions/{submission}/quarantine"): lambda _: {"json": {"reason": "copied"}},
    ("POST", "/submissions/{submission}/quarantine"): lambda _: {"data": {"reason": "copied"}},
    ("PATCH", "/api/v1/courses/{course}"): lambda _: {"json": {"supersede_queued": True}},
    ("POST", "/api/v1/courses/{course}/holds"): lambda _: {"json": {"reason": "broken"}},
    ("POST", "/api/v1/holds"): lambda _: {"json": {"reason": "broken"}},
    ("POST", "/courses/{course}/holds"): lambda _: {"data": {"reason": "broken"}},
    ("POST", "/api/v1/courses/{course}/psets/{pset}/regrades"): lambda _: {"json": {"reason": "because"}},
    ("POST", "/courses/{course}/psets/{pset}/regrades"): lambda _: {"data": {"reason": "because"}},
    ("POST", "/api/v1/receipts/verify"): lambda _: {"json": {"receipt": "x"}},
    ("POST", "/courses/{course}/psets/{pset}/submissions"): lambda _: {
        "data": {"ticket": str(uuid.uuid4())},
        "files": _FILE,
    },
}
"""What is sent with a request, beyond who sends it."""

PLACES: dict[str, Callable[[World], str]] = {
    "course": lambda _: "dl",
    "pset": lambda _: "pset1",
    "problem": lambda _: "alpha",
    "filename": lambda _: "alpha.py",
    "upload_name": lambda _: "homework.zip",
    "name": lambda _: "style.css",
    "token": lambda world: str(world.spare_token),
    "submission": lambda world: world.submission,
    "student": lambda world: str(world.ids["ada"]),
    "hold": lambda world: str(world.hold),
    "regrade": lambda world: str(world.regrade()),
}
"""What stands for a name in a path."""

BEFORE: dict[tuple[str, str], Callable[[World], None]] = {
    ("POST", "/api/v1/submissions/{submission}/retry"): lambda world: world.park(),
    ("POST", "/submissions/{submission}/retry"): lambda world: world.park(),
    ("POST", "/api/v1/submissions/{submission}/quarantine"): lambda world: world.quarantine(on=False),
    ("POST", "/submissions/{submission}/quarantine"): lambda world: world.quarantine(on=False),
    ("DELETE", "/api/v1/submissions/{submission}/quarantine"): lambda world: world.quarantine(on=True),
    ("POST", "/submissions/{submission}/quarantine/lift"): lambda world: world.quarantine(on=True),
    ("PATCH", "/api/v1/courses/{course}"): lambda world: world.forget_settings(),
    ("POST", "/api/v1/courses/{course}/holds"): lambda world: world.lift_all(),
    ("POST", "/courses/{course}/holds"): lambda world: world.lift_all(),
    ("POST", "/api/v1/holds/{hold}/lift"): lambda world: world.place_hold(),
    ("POST", "/courses/{course}/holds/{hold}/lift"): lambda world: world.place_hold(),
    ("POST", "/api/v1/people/revoke"): lambda world: world.make_spare_token(),
    ("DELETE", "/api/v1/me/tokens/{token}"): lambda world: world.make_spare_token(),
    ("POST", "/account/tokens/{token}/revoke"): lambda world: world.make_spare_token(),
}
"""What has to happen before each person's turn."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What one person is to get."""

    person: str
    status: int


@dataclass(frozen=True, slots=True)
class Row:
    """One route and what everybody is to get."""

    method: str
    path: str
    cells: tuple[Cell, ...]

    @property
    def is_page(self) -> bool:
        return not self.path.startswith("/api/")

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def matrix() -> tuple[Row, ...]:
    """:data:`MATRIX`, read."""
    rows = []
    for line in MATRIX.replace("\\\n", " ").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        method, path, *statuses = line.split()
        cells = tuple(Cell(who, int(status)) for who, status in zip(PEOPLE, statuses, strict=True))
        rows.append(Row(method, path, cells))
    return tuple(rows)


def routes_of(app: FastAPI) -> set[tuple[str, str]]:
    """Every method and path that the application answers, pages included."""
    return {
        (method, str(context.path))
        for context in iter_route_contexts(app.routes)
        for method in context.methods or ()
        if method != "HEAD"
    }


@dataclass
class World:
    """A school with sections, a graded submission of Ada's, and somebody for each column."""

    school: Any
    submission: str = ""
    ids: dict[str, int] = field(default_factory=dict)
    tokens: dict[str, str | None] = field(default_factory=dict)
    sessions: dict[str, str] = field(default_factory=dict)
    spare_token: int = 1
    hold: int = 1

    def furnish(self) -> World:
        school = self.school
        with school.services.database.writing() as session:
            course = session.scalars(select(Course).where(Course.name == "dl")).one()
            elsewhere = session.scalars(select(Course).where(Course.name == "other")).one()
            for name, section in (("ada", "A"), ("bob", "B")):
                user = session.scalars(select(User).where(User.email == f"{name}@example.org")).one()
                self.ids[name] = user.id
                session.execute(update(Enrolment).where(Enrolment.user_id == user.id).values(section=section))
            newcomers = (
                ("gina", course, Role.GRADER, "A"),
                ("gus", course, Role.GRADER, "B"),
                ("ivan", elsewhere, Role.INSTRUCTOR, None),
            )
            for name, where, role, section in newcomers:
                user = create_user(session, name=name.capitalize(), email=f"{name}@example.org")
                session.add(Enrolment(course_id=where.id, user_id=user.id, role=role, section=section))
                school.tokens[name] = issue_token(session, user.id, label="test")
        names = (None, "ada", "bob", "gina", "gus", "tess", "iris", "ivan", "root")
        self.tokens = {
            person: None if name is None else school.tokens[name]
            for person, name in zip(PEOPLE, names, strict=True)
        }
        self.submission = school.post_files("ada", [("homework.zip", _ZIP)]).json()["id"]
        school.grade()
        return self

    def park(self) -> None:
        """Let Ada's submission be one that was given up."""
        with self.school.services.database.writing() as session:
            job = select(GradingJob.id).where(GradingJob.submission_id == self.submission)
            session.execute(update(GradingJob).where(GradingJob.id.in_(job)).values(state=JobState.PARKED))

    def forget_settings(self) -> None:
        """Let courses work as new ones do."""
        with self.school.services.database.writing() as session:
            session.execute(update(Course).values(supersede_queued=False))

    def quarantine(self, *, on: bool) -> None:
        """Let Ada's submission be in quarantine, or not."""
        with self.school.services.database.writing() as session:
            session.execute(
                update(Submission)
                .where(Submission.id == self.submission)
                .values(quarantined_at=now() if on else None)
            )

    def lift_all(self) -> None:
        """Let nothing be held."""
        with self.school.services.database.writing() as session:
            session.execute(update(GradingHold).values(lifted_at=now()))

    def place_hold(self) -> None:
        """Let the course be held."""
        with self.school.services.database.writing() as session:
            course = session.scalars(select(Course.id).where(Course.name == "dl")).one()
            hold = GradingHold(
                scope=HoldScope.COURSE, course_id=course, reason="broken", placed_by=self.ids["ada"]
            )
            session.add(hold)
            session.flush()
            self.hold = hold.id

    def make_spare_token(self) -> None:
        """Let Ada have one more token, that nobody in the matrix logs in with."""
        with self.school.services.database.writing() as session:
            issue_token(session, self.ids["ada"], label="spare")
            session.flush()
            self.spare_token = session.scalars(select(func.max(Token.id))).one()

    def user_code(self) -> str:
        """The code of a program that waits."""
        asked = self.school.http.post("/api/v1/device/code", json={"client": "a program"})
        return str(asked.json()["user_code"])

    def regrade(self) -> int:
        """A regrade of Ada's submission whose preview is ready."""
        with self.school.services.database.writing() as session:
            submission = session.get_one(Submission, self.submission)
            report = newest_reports(session, [submission.id])[submission.id]
            regrade = Regrade(
                pset_id=submission.pset_id,
                kind=RegradeKind.REPLAY,
                package_digest=submission.package_digest,
                reason="because",
                requested_by=self.ids["ada"],
                state=RegradeState.READY,
            )
            session.add(regrade)
            session.flush()
            session.add(
                RegradeItem(
                    regrade_id=regrade.id,
                    submission_id=submission.id,
                    before_report_id=report.id,
                    before=report.score,
                    after=report.score,
                    report_json=report.report_json,
                    state=ItemState.SCORED,
                )
            )
            return regrade.id

    def session_of(self, person: str, token: str) -> str:
        """That person's session on the pages; each has one."""
        if person not in self.sessions:
            self.sessions[person] = log_in_with_token(self.school.services, token, Client("192.0.2.1"))
        return self.sessions[person]

    def ask(self, row: Row, person: str) -> Any:
        """Send that row's request as that person."""
        before = BEFORE.get((row.method, row.path))
        if before is not None:
            before(self)
        path = row.path.format_map(
            {name: place(self) for name, place in PLACES.items() if f"{{{name}}}" in row.path}
        )
        options = REQUESTS.get((row.method, row.path), lambda _: {})(self)
        headers: dict[str, str] = dict(options.pop("headers", {}))
        token = self.tokens[person]
        if token is not None and not row.is_page:
            headers["Authorization"] = f"Bearer {token}"
        if token is not None and row.is_page:
            cookie = self.session_of(person, token)
            headers["Cookie"] = f"{COOKIE}={cookie}"
            if row.method != "GET":
                proof = {"csrf": Visitor(self.school.actor("ada"), cookie).csrf}
                options["data"] = proof | dict(options.get("data", {}))
        return self.school.http.request(row.method, path, headers=headers, follow_redirects=False, **options)


def readable(found: Mapping[Row, Iterable[int]]) -> str:
    """Statuses in the form of :data:`MATRIX`, to compare with it or to paste into it."""
    return "\n".join(
        f"{row.method:<4} {row.path:<50} " + " ".join(f"{status:>5}" for status in statuses)
        for row, statuses in found.items()
    )


ROWS = matrix()


@pytest.fixture
def world(open_school):
    return World(open_school).furnish()


def test_every_route_of_the_application_has_a_line_and_every_line_a_route(school):
    lines = [(row.method, row.path) for row in ROWS]
    assert len(lines) == len(set(lines)), "a route has two lines"
    assert set(lines) == routes_of(school.app), "see the top of this file"


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_everybody_gets_what_their_role_allows(world, row):
    found = [world.ask(row, cell.person).status_code for cell in row.cells]
    expected = [cell.status for cell in row.cells]
    assert readable({row: found}) == readable({row: expected})


def needs_staff(row):
    """Whether a student may not do what somebody on the staff may."""
    statuses = {cell.person: cell.status for cell in row.cells}
    return statuses["own"] >= 400 and any(status < 400 for status in statuses.values())


CHANGES = [row for row in ROWS if row.method != "GET"]


@pytest.mark.parametrize("row", [row for row in CHANGES if needs_staff(row)], ids=str)
def test_whatever_staff_change_is_in_the_audit_trail(world, row):
    def entries():
        with world.school.services.database.reading() as session:
            return session.scalar(select(func.count()).select_from(AuditEntry))

    for cell in row.cells:
        before = entries()
        world.ask(row, cell.person)
        assert (entries() > before) == (cell.status < 400), cell


def test_what_only_staff_do_and_what_everybody_does_are_told_apart():
    assert {str(row) for row in CHANGES if needs_staff(row)} >= {
        "POST /api/v1/courses",
        "PUT /api/v1/courses/{course}/psets/{pset}",
        "POST /api/v1/courses/{course}/roster",
        "POST /api/v1/submissions/{submission}/retry",
        "POST /submissions/{submission}/retry",
    }
    assert "POST /api/v1/courses/{course}/psets/{pset}/submissions" not in {
        str(row) for row in CHANGES if needs_staff(row)
    }
    assert MATRIX.count("\nGET") > MATRIX.count("\nPOST")


@pytest.mark.parametrize("row", [row for row in ROWS if "{submission}" in row.path], ids=str)
def test_what_is_anothers_answers_like_what_is_not_there(world, row):
    for person in ("other", "gr-oth", "elsewh"):
        anothers = world.ask(row, person)
        real, world.submission = world.submission, "0" * 16
        missing = world.ask(row, person)
        world.submission = real
        assert (anothers.status_code, missing.status_code) == (404, 404)
        assert anothers.content == missing.content

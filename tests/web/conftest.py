"""Two worlds for pages: samples of what services answer, and a small course on a real service."""

from __future__ import annotations

import io
import re
import shutil
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.accounts.models import TokenKind
from api.accounts.schemas import EnrolmentOut, PersonOut, TokenOut
from api.accounts.service import create_user, issue_token
from api.app import create_app
from api.bootstrap import prepare
from api.courses.models import Course, Enrolment, PublishedPset
from api.courses.packages import BuiltPackage, PackageSummary
from api.courses.schemas import ProblemOut, PsetOut
from api.gradebook.schemas import (
    GradebookCell,
    GradebookOut,
    GradebookPset,
    GradebookRow,
    MistakeCount,
    MistakesOut,
    MyScore,
    UnnamedError,
)
from api.operations.grading_schemas import FailureOut, JobOut, Operations, OutageOut
from api.operations.schemas import AuditOut, AuditPage
from api.operations.trail import TrailFilter
from api.regrading.models import ItemState, RegradeKind, RegradeState
from api.regrading.schemas import (
    CheckChange,
    GradeChangePreview,
    RegradeCounts,
    RegradeDetail,
    RegradedSubmission,
    RegradeOut,
)
from api.roles import Role, Scope
from api.services import Services
from api.settings import Settings
from api.store import ContentStore
from api.submissions.schemas import CheckEvent, RegradedOut, StudentOut, SubmissionOut, SubmissionState
from api.web.handouts import to_html
from api.web.rendering import Reader, render
from api.web.views.account import DeviceView, LoginProblem, account_view, scope_choices
from api.web.views.audit import audit_view
from api.web.views.gradebook import gradebook_view, student_view
from api.web.views.mistakes import mistakes_view
from api.web.views.operations import operations_view
from api.web.views.regrading import preview_view, regrades_view
from api.web.views.student import HandoutView, HomeView, course_view, set_view
from api.web.views.submission import submission_view
from api.web.words import moment
from api.worker.grading import Work
from api.worker.loop import Worker
from grader import EventKind, GradeEvent, submission_digest
from grader.report import (
    CheckResult,
    Counterexample,
    Environment,
    Flag,
    GradeReport,
    Measurement,
    ProblemReport,
    Verdict,
    Visibility,
)

HOSTILE = '<script>document.title = "owned"</script><img src=x onerror=alert(1)>'

_STUDENT = EnrolmentOut(course="dl-2026", title="Deep Learning", role=Role.STUDENT)
_STAFF = EnrolmentOut(course="dl-2026", title="Deep Learning", role=Role.INSTRUCTOR)
_PROBLEMS = (
    ProblemOut(name="linear_softmax", title="A linear layer with softmax cross-entropy", points=6),
    ProblemOut(name="two_layer_net", title="A network of two layers", points=4),
)


@dataclass(frozen=True)
class SampleCourse:
    """One course, two sets, one student's three attempts, and a class around them."""

    now: datetime = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)
    student: EnrolmentOut = _STUDENT
    staff: EnrolmentOut = _STAFF
    problems: tuple[ProblemOut, ...] = _PROBLEMS
    hostile: str = HOSTILE

    @property
    def backprop(self) -> PsetOut:
        return PsetOut(
            name="pset1",
            title="Backpropagation by hand",
            digest="b3:51c9",
            due_at=self.now + timedelta(days=3, hours=11, minutes=59),
            max_score=10,
            published_at=self.now - timedelta(days=4),
            accepting=True,
            problems=self.problems,
            my_score=8,
        )

    @property
    def attention(self) -> PsetOut:
        return self.backprop.model_copy(
            update={
                "name": "pset2",
                "title": "Attention",
                "due_at": None,
                "my_score": None,
                "max_score": 20.0,
            }
        )

    @property
    def warm_up(self) -> PsetOut:
        return self.backprop.model_copy(
            update={
                "name": "pset0",
                "title": "Warm-up",
                "due_at": self.now - timedelta(days=9),
                "accepting": False,
                "max_score": 2.0,
                "my_score": 2.0,
            }
        )

    def submission(self, attempt: int = 3, **changes: object) -> SubmissionOut:
        submission = SubmissionOut(
            id=f"5f3c9a0b7d21e4{attempt:02d}",
            course="dl-2026",
            pset="pset1",
            student=StudentOut(id=7, name="Ada Lovelace"),
            attempt=attempt,
            digest="sha256:9b1f0e",
            received_at=self.now - timedelta(hours=9 - attempt, minutes=20),
            state=SubmissionState.GRADED,
            score=(2.5, 6, 8)[attempt - 1],
            max_score=10,
            queue_position=None,
        )
        return submission.model_copy(update=changes)

    @property
    def submissions(self) -> tuple[SubmissionOut, ...]:
        return tuple(self.submission(attempt) for attempt in (3, 2, 1))

    @property
    def scores(self) -> tuple[MyScore, ...]:
        best = self.submission(3)
        mine = MyScore(
            pset="pset1",
            title=self.backprop.title,
            due_at=self.backprop.due_at,
            score=best.score,
            max_score=10,
            attempts=3,
            best_submission_id=best.id,
        )
        return (mine,)

    @property
    def checks(self) -> tuple[CheckResult, ...]:
        def check(
            name: str, title: str, verdict: Verdict, score: float, most: float, **more: object
        ) -> CheckResult:
            fields = {"visibility": Visibility.HIDDEN, "instance": 11, **more}
            return CheckResult.model_validate(
                {
                    "name": name,
                    "title": title,
                    "verdict": verdict,
                    "score": score,
                    "max_score": most,
                    **fields,
                }
            )

        return (
            check("example", "The worked example of the handout", Verdict.PASSED, 0, 0, visibility="public"),
            check(
                "nudge",
                "Nudging one weight agrees with dW",
                Verdict.FAILED,
                0,
                0,
                visibility="public",
                message="dW: 6 of 12 values differ. The first is at [0, 1].",
                detail=(
                    "got   [[-0.667,  0.333],\n       [ 0.500, -0.500]]\n"
                    "want  [[-0.333,  0.167],\n       [ 0.250, -0.250]]"
                ),
                printed="shape (4, 3)\n\x1b[31mred\x1b[0m",
            ),
            check("forward", "The linear layer computes x W + b", Verdict.PASSED, 0.5, 0.5),
            check("softmax", "The softmax of each row is right", Verdict.PASSED, 1, 1),
            check(
                "weights",
                "The gradient with respect to the weights is right",
                Verdict.FAILED,
                0,
                1.5,
                message="dW is twice what it should be. Is the loss a mean over the batch, its gradient not?",
                diagnosis={
                    "mistake": "mean_twice",
                    "sentence": "Your gradient is divided by N twice: the loss has done so already.",
                },
                detail="instance 11: dW max abs difference 0.83 (rtol 1e-9, atol 1e-11)",
                counterexample=Counterexample(
                    code=(
                        "import numpy as np\nfrom linear_softmax import linear_backward\n\n"
                        "dlogits = np.array([[-1.0], [-0.5]])\n"
                        "linear_backward(dlogits, np.array([[1.0], [1.0]]), np.array([[-2.0]]))[1]"
                    ),
                    got="array([[-3.0]])",
                    right="array([[-1.5]])",
                ),
            ),
            check(
                "large",
                "Large logits do not break the softmax or the loss",
                Verdict.ERROR,
                0,
                1,
                message="FloatingPointError in linear_softmax.py, line 14.",
                counterexample=Counterexample(code="softmax(x)", got=self.hostile, right="array([1.0])"),
                detail=f"Traceback: {self.hostile}",
                printed=self.hostile,
            ),
            check(
                "slow",
                "A batch of 10 000 examples",
                Verdict.TIME_LIMIT,
                0,
                0.5,
                message="No answer within 10 s.",
            ),
            check("memory", "A batch that just fits", Verdict.MEMORY_LIMIT, 0, 0.25, message="Over 512 MiB."),
            check("quiet", "The functions print nothing endless", Verdict.OUTPUT_LIMIT, 0, 0.25),
            check("numpy", "Only NumPy is used", Verdict.FORBIDDEN, 0, 0.5, message="Line 3 imports torch."),
            check(
                "step",
                "One training step lowers the loss",
                Verdict.SKIPPED,
                0,
                0.5,
                message="Not run: it needs “The gradient with respect to the weights is right”.",
            ),
            check(
                "batch",
                "A batch of one",
                Verdict.INTERNAL_ERROR,
                0,
                0.5,
                message="Our fault: staff were told.",
            ),
        )

    @property
    def mistakes(self) -> MistakesOut:
        fields = {"problem": "linear_softmax", "check": "weights", "title": "The gradient is right"}
        return MistakesOut(
            pset="pset1",
            students=80,
            mistakes=(
                MistakeCount(
                    **fields,
                    mistake="mean_twice",
                    sentence="Your gradient is divided by N twice: the loss has done so already.",
                    students=31,
                    examples=("5f3c9a0b7d21e401", "5f3c9a0b7d21e402"),
                ),
                MistakeCount(
                    **fields, mistake="sum", sentence=HOSTILE, students=1, examples=("5f3c9a0b7d21e403",)
                ),
            ),
            unnamed=(UnnamedError(**fields, message=HOSTILE, students=37, examples=("5f3c9a0b7d21e404",)),),
            unnamed_alone=2,
        )

    @property
    def report(self) -> GradeReport:
        passing = tuple(
            CheckResult(
                name=f"layer_{number}",
                title=f"Layer {number} is right",
                visibility=Visibility.HIDDEN,
                verdict=Verdict.PASSED,
                score=2,
                max_score=2,
            )
            for number in (1, 2)
        )
        return GradeReport(
            pset="pset1",
            title="Backpropagation by hand",
            score=5.5,
            max_score=10,
            submission_digest="sha256:9b1f0e77aa",
            environment=Environment(
                backend="bubblewrap",
                versions={"python": "3.11.7", "numpy": "2.4.1"},
                not_enforced=("memory of the whole tree",),
                digest="sha256:77e1",
            ),
            problems=(
                ProblemReport(
                    name="linear_softmax",
                    title=self.problems[0].title,
                    score=1.5,
                    max_score=6,
                    digest="b3:51c9",
                    runtime="numpy",
                    checks=self.checks,
                    flags=(Flag(name="numpy.matmul", calls=3), Flag(name="numpy.einsum", calls=1)),
                ),
                ProblemReport(
                    name="two_layer_net",
                    title=self.problems[1].title,
                    score=4,
                    max_score=4,
                    digest="b3:0a71",
                    runtime="numpy",
                    checks=passing,
                ),
            ),
        )

    @property
    def seen(self) -> tuple[CheckEvent, ...]:
        return tuple(
            CheckEvent(problem="linear_softmax", index=index, total=12, check=check.for_student())
            for index, check in enumerate(self.checks[:5], start=1)
        )

    @property
    def source(self) -> bytes:
        return (
            '"""Linear softmax, by hand."""\n\nimport numpy as np\n\n\n'
            "def linear_forward(x, W, b):\n\treturn x @ W + b\n\n\n"
            f"# {self.hostile}\n# \u202ereversed\u202c \x1b[2J\n"
            "def softmax(logits):\n    shifted = logits - logits.max(axis=1, keepdims=True)\n"
            "    e = np.exp(shifted)\n    return e / e.sum(axis=1, keepdims=True)\n"
        ).encode()

    def book(self, size: int = 24) -> GradebookOut:
        names = ["Ada Lovelace", "Grace Hopper", "Katherine Johnson", "Emmy Noether", "Alan Turing", "李 明"]
        rows = []
        for number in range(size):
            name = names[number % len(names)] + (
                f" {number // len(names) + 1}" if number >= len(names) else ""
            )
            first = None if number % 7 == 5 else self._cell(number, 10, (number * 37) % 21 / 2)
            second = None if number % 3 else self._cell(number + 100, 20, None if number % 4 else 17.25)
            total = sum(cell.score or 0 for cell in (first, second) if cell)
            person = PersonOut(id=number + 1, name=name, email=f"student{number + 1}@university.example")
            rows.append(GradebookRow(student=person, scores={"pset1": first, "pset2": second}, total=total))
        return GradebookOut(
            psets=(
                GradebookPset(name="pset1", title="Backpropagation by hand", max_score=10),
                GradebookPset(name="pset2", title="Attention", max_score=20),
            ),
            rows=tuple(rows),
        )

    def book_with_sections(self, size: int = 9) -> GradebookOut:
        book = self.book(size)
        rows = tuple(
            row.model_copy(update={"section": (None, "A", HOSTILE)[number % 3]})
            for number, row in enumerate(book.rows)
        )
        return book.model_copy(update={"rows": rows, "sections": (HOSTILE, "A")})

    def _cell(self, number: int, most: float, score: float | None) -> GradebookCell:
        return GradebookCell(
            score=None if score is None else min(score, most),
            submission_id=None if score is None else f"{number:016x}",
            attempts=number % 4 + 1,
        )


@pytest.fixture
def course() -> SampleCourse:
    return SampleCourse()


def _submission_page(course: SampleCourse, reader: Reader, **changes: object) -> str:
    submission = course.submission(
        3, **{key: changes.pop(key) for key in ("state", "score", "regrades") if key in changes}
    )
    report = changes.pop("report", None)
    staff = bool(changes.pop("staff", False))
    fields = {
        "seen": (),
        "problems": course.problems,
        "course_title": "Deep Learning",
        "pset_title": "Backpropagation by hand",
        "files": {"linear_softmax.py": course.source},
        "receipt": "gradecli-receipt-1.abc.def",
        "best": submission.id,
        "staff": staff,
        "own": not staff,
        "accepting": True,
        "now": course.now,
    }
    view = submission_view(submission, report, **{**fields, **changes})
    return render("submission.html", reader=reader, page=view)


@pytest.fixture
def every_page(course: SampleCourse) -> dict[str, str]:
    """The HTML of each page in each of its states, with hostile text wherever a person can put some."""
    reader = Reader(name=HOSTILE, csrf="0" * 64)
    hostile_set = course.backprop.model_copy(update={"title": HOSTILE})
    waiting = {"state": SubmissionState.RUNNING, "score": None}
    failed = {"state": SubmissionState.FAILED, "score": None}
    book, named = course.book(9), course.book(2)
    person = named.rows[0].student.model_copy(update={"name": HOSTILE, "email": HOSTILE})
    named = named.model_copy(update={"rows": (named.rows[0].model_copy(update={"student": person}),)})

    def home(enrolment: EnrolmentOut, *psets: PsetOut) -> str:
        view = course_view(enrolment, psets, course.scores, course.submissions, course.now)
        return render("home.html", reader=reader, page=HomeView((view,), is_admin=False))

    def one_set(pset: PsetOut, **changes: object) -> str:
        fields = {"now": course.now, "ticket": "t", "handouts": frozenset({"linear_softmax"}), **changes}
        view = set_view(course.student, pset, course.scores[0], course.submissions, **fields)
        return render("set.html", reader=reader, page=view)

    def gradebook(book: GradebookOut) -> str:
        view = gradebook_view(book, course="dl", course_title=HOSTILE, sort="pset1", descending=True)
        return render("gradebook.html", reader=reader, page=view)

    def mistakes(found: MistakesOut) -> str:
        view = mistakes_view(found, course.backprop, course="dl", course_title=HOSTILE)
        return render("mistakes.html", reader=reader, page=view)

    def audit(*entries: AuditOut, course_name: str | None = "dl", older: int | None = None) -> str:
        view = audit_view(
            AuditPage(entries=entries, older=older),
            TrailFilter(by="iris@example.org" if older else ""),
            actions=("pset.publish", "roster.import"),
            now=course.now,
            course=course_name,
            course_title=HOSTILE,
        )
        return render("audit.html", reader=reader, page=view)

    def account(**changes: Any) -> str:
        key = TokenOut(
            id=5,
            kind=TokenKind.TOKEN,
            label=HOSTILE,
            scopes=tuple(Scope),
            created_at=course.now - timedelta(days=9),
            expires_at=None,
            last_used_at=None,
            is_this=False,
        )
        used = {"expires_at": course.now + timedelta(days=90), "last_used_at": course.now, "id": 6}
        narrow = key.model_copy(update={**used, "scopes": (Scope.READ, Scope.SUBMIT), "label": "my laptop"})
        here = narrow.model_copy(update={"kind": TokenKind.SESSION, "id": 7, "is_this": True})
        fields = {"scopes": frozenset(Scope), "is_staff": False, "is_admin": False, "now": course.now}
        view = account_view(
            **{"name": HOSTILE, "email": "ada@x.edu", **fields, "keys": (key, narrow, here), **changes}
        )
        return render("account.html", reader=reader, page=view)

    def device(**changes: Any) -> str:
        empty = dict.fromkeys(("code", "program", "address", "lasts", "problem", "done"), "")
        return render(
            "device.html", reader=reader, page=DeviceView(**{**empty, "asked": None, "gets": (), **changes})
        )

    def asked(**changes: Any) -> RegradeOut:
        none = dict.fromkeys(("waiting", "rerun", "failed", "lower"), 0)
        counts = RegradeCounts(**{**none, "submissions": 9, "scored": 9, "changed": 2, "higher": 1})
        fields = {"kind": RegradeKind.REPLAY, "state": RegradeState.READY, "counts": counts, **changes}
        asked_at = {"requested_by": HOSTILE, "requested_at": course.now - timedelta(hours=1)}
        closed = {"closed_by": None, "closed_at": None, "package": "0" * 64}
        return RegradeOut(id=7, course="dl", pset="pset1", reason=HOSTILE, **asked_at, **closed, **fields)

    def regrade(one: RegradeOut, *, may_decide: bool = True) -> str:
        ada = StudentOut(id=3, name=HOSTILE)
        change = CheckChange(
            problem="p", check="c", title=HOSTILE, before="failed", after="passed",
            points_before=0.0, points_after=2.5, sentence=True,
        )  # fmt: skip
        better = RegradedSubmission(
            submission="a", student=ada, attempt=2, state=ItemState.SCORED, before=4.0, after=6.5,
            changes=(change, change.model_copy(update={"before": None})), detail=None,
            applied=False, stale=False,
        )  # fmt: skip
        same = better.model_copy(update={"after": 4.0, "changes": ()})
        broken = {"state": ItemState.FAILED, "after": None, "detail": HOSTILE}
        grades = (GradeChangePreview(student=ada, before=4.0, after=6.5),)
        found = (better, same.model_copy(update=broken), same, same.model_copy(update={"stale": True}))
        detail = RegradeDetail(regrade=one, submissions=found, grades=grades)
        view = preview_view(
            detail, course_title=HOSTILE, pset_title=HOSTILE, may_decide=may_decide, now=course.now
        )
        return render("regrade.html", reader=reader, page=view)

    def regrades(*found: RegradeOut, may_ask: bool = True, problem: str = "") -> str:
        place = {"course": "dl", "course_title": HOSTILE, "pset": "pset1", "pset_title": HOSTILE}
        view = regrades_view(found, **place, may_ask=may_ask, problem=problem, now=course.now)
        return render("regrades.html", reader=reader, page=view)

    def operations(**changes: Any) -> str:
        nothing = dict.fromkeys(("running", "parked", "quarantined", "holds"), ())
        standing = Operations(**{"queued": 3, "held": 1, "workers": 0, "outage": None, **nothing, **changes})
        place = {"course": "dl", "course_title": HOSTILE, "psets": ("pset1",)}
        view = operations_view(standing, **place, is_admin=False, problem="", now=course.now)
        return render("operations.html", reader=reader, page=view)

    saw = FailureOut(at=course.now, worker="w1", detail=HOSTILE)
    job = JobOut(
        submission="a", pset="pset1", student=HOSTILE, attempt=2, state="parked", worker=None,
        received_at=course.now - timedelta(hours=2), started_at=None, failures=(saw, saw),
    )  # fmt: skip
    outage = OutageOut(since=course.now - timedelta(minutes=12), submissions=2, detail=HOSTILE)

    deed = AuditOut(
        id=3,
        at=course.now - timedelta(hours=3),
        by="iris@example.org",
        action="roster.import",
        course="dl",
        subject=HOSTILE,
        detail={"added": ["ada@example.org student A", HOSTILE], "changed": [], "rejected": 0},
    )
    operators = deed.model_copy(update={"by": None, "course": None, "action": "token.issue", "detail": {}})
    student = student_view(
        named.rows[0], named.psets, course.submissions, course="dl", course_title=HOSTILE, now=course.now
    )
    handout = HandoutView(HOSTILE, HOSTILE, "/", HOSTILE, to_html(f"# Title\n\n{HOSTILE} $x_1$"))
    return {
        "log in": render("login.html", reader=None, problem=None, email="", next="/"),
        "log in again": render(
            "login.html", reader=None, problem=LoginProblem(HOSTILE, by_token=True), email="", next=HOSTILE
        ),
        "log in again with a password": render(
            "login.html", reader=None, problem=LoginProblem(HOSTILE, by_token=False), email=HOSTILE, next="/"
        ),
        "account": account(has_password=True),
        "account of a newcomer": account(
            has_password=False, secret="gc_secret", problem=HOSTILE, done="Done.", is_staff=True
        ),
        "account with a narrow token": account(has_password=True, scopes=frozenset({Scope.READ})),
        "set a password": render("password.html", reader=None, problem="", secret=""),
        "set a password again": render("password.html", reader=None, problem=HOSTILE, secret=HOSTILE),
        "device": device(),
        "device refused": device(problem=HOSTILE),
        "device done": device(done="Done: the program is logged in as you."),
        "device waits": device(
            code="BCDF-GHJK",
            program=HOSTILE,
            address="192.0.2.7",
            asked=moment(course.now, course.now),
            gets=scope_choices([Scope.READ, Scope.SUBMIT, Scope.STAFF]),
            lasts="120 days",
        ),
        "home": home(course.student, hostile_set, course.attention, course.warm_up),
        "home without sets": home(course.student),
        "home of staff": home(course.staff, hostile_set),
        "home of staff without sets": home(course.staff),
        "home without courses": render("home.html", reader=reader, page=HomeView((), is_admin=True)),
        "set": one_set(hostile_set),
        "set refused": one_set(hostile_set, problem=f"{HOSTILE} is not a file of `pset1`."),
        "set closed": one_set(course.warm_up),
        "handout": render("handout.html", reader=reader, page=handout),
        "waiting": _submission_page(course, reader, **waiting),
        "running": _submission_page(course, reader, seen=course.seen, **waiting),
        "failed": _submission_page(course, reader, **failed),
        "failed for staff": _submission_page(course, reader, staff=True, **failed),
        "report": _submission_page(course, reader, report=course.report, pset_title=HOSTILE),
        "report of a regrade": _submission_page(
            course,
            reader,
            report=course.report,
            regrades=(RegradedOut(at=course.now, reason=HOSTILE, before=4.0, after=6.5),),
        ),
        "set for staff": one_set(hostile_set, staff=True),
        "report for staff": _submission_page(course, reader, report=course.report, staff=True),
        "gradebook": gradebook(book),
        "gradebook of one": gradebook(named),
        "gradebook without students": gradebook(course.book(0)),
        "gradebook with sections": gradebook(course.book_with_sections()),
        "mistakes": mistakes(course.mistakes),
        "no mistakes": mistakes(
            MistakesOut(pset="pset1", students=0, mistakes=(), unnamed=(), unnamed_alone=0)
        ),
        "audit": audit(deed, operators, older=3),
        "audit of everything": audit(deed, operators, course_name=None),
        "audit without entries": audit(),
        "grading": operations(parked=(job,), quarantined=(job,), running=(job,)),
        "grading in an outage": operations(outage=outage),
        "regrades": regrades(asked(), asked(state=RegradeState.APPLIED, kind=RegradeKind.RERUN)),
        "regrades for graders": regrades(may_ask=False),
        "regrades refused": regrades(problem=HOSTILE),
        "regrade ready": regrade(asked()),
        "regrade at work": regrade(asked(state=RegradeState.RUNNING), may_decide=False),
        "regrade failed": regrade(asked(state=RegradeState.FAILED, problem=HOSTILE)),
        "student": render("student.html", reader=reader, page=student),
        "error": render(
            "error.html", reader=None, title="There is nothing here", sentence=f"`{HOSTILE}` {HOSTILE}"
        ),
    }


LABEL = "A set of two"
MULTIPART = {"Content-Type": "multipart/form-data; boundary=edge"}
GOOD = b"x = 1\n"


class TwoProblems:
    """A package source with one set, ``pset1``: problems ``alpha`` and ``beta``, and a handout."""

    def __init__(self, store: ContentStore) -> None:
        self.store = store

    def build(self, name: str) -> BuiltPackage:
        digest = "1".ljust(64, "0")
        with self.store.staging_folder() as staging:
            (staging / "package").mkdir()
            (staging / "package" / "pset.toml").write_text('name = "pset1"\n')
            self.store.keep_package(staging / "package", digest)
        problems = (
            ProblemOut(name="alpha", title="Alpha", points=6),
            ProblemOut(name="beta", title="Beta", points=4),
        )
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as opened:
            opened.writestr("pset1/alpha.md", "# Alpha\n\nCompute $x_1$.\n")
        summary = PackageSummary(name=name, title=LABEL, digest=digest, max_score=10, problems=problems)
        return BuiltPackage(summary=summary, handout_sha256=self.store.put(archive.getvalue()))


def _no_file_chosen(form: dict[str, str]) -> bytes:
    """What browsers send when nobody chose a file: a part with an empty file name."""
    parts = [f'name="{name}"\r\n\r\n{value}' for name, value in form.items()]
    parts.append('name="files"; filename=""\r\nContent-Type: application/octet-stream\r\n\r\n')
    return "".join(
        [*(f"--edge\r\nContent-Disposition: form-data; {part}\r\n" for part in parts), "--edge--\r\n"]
    ).encode()


class Browser:
    """Somebody's browser, without scripts: it keeps cookies, and sends a form as the page has it."""

    def __init__(self, site: Site) -> None:
        self.http = TestClient(site.app, base_url="http://course.test", follow_redirects=False)

    def log_in(self, token: str) -> None:
        answer = self.http.post("/login", data={"token": token})
        assert answer.status_code == 303, answer.text

    def get(self, path: str, **options: Any) -> Any:
        return self.http.get(path, **options)

    def proof(self, path: str = "/") -> str:
        found = re.search(r'name="csrf" value="(\w+)"', self.get(path).text)
        assert found
        return found[1]

    def ticket(self) -> str:
        found = re.search(r'name="ticket" value="([\w-]+)"', self.get(Site.PSET).text)
        assert found
        return found[1]

    def hand_in(self, *files: tuple[str, bytes], **fields: str) -> Any:
        form = {"csrf": self.proof(), "ticket": fields.pop("ticket", "") or self.ticket(), **fields}
        parts = [("files", (name, content, "text/x-python")) for name, content in files]
        if parts:
            return self.http.post(f"{Site.PSET}/submissions", data=form, files=parts)
        return self.http.post(f"{Site.PSET}/submissions", content=_no_file_chosen(form), headers=MULTIPART)

    def submit(self, content: bytes = GOOD) -> str:
        answer = self.hand_in(("alpha.py", content))
        assert answer.status_code == 303, answer.text
        return answer.headers["location"].removeprefix("/submissions/")


class Site:
    """The service with a course ``dl``: ada and bob (students), tess (grader), iris (instructor), root."""

    PSET = "/courses/dl/psets/pset1"
    ROLES: ClassVar = {
        "ada": Role.STUDENT,
        "bob": Role.STUDENT,
        "tess": Role.GRADER,
        "iris": Role.INSTRUCTOR,
    }

    def __init__(self, settings: Settings, tokens: dict[str, str]) -> None:
        self.tokens = tokens
        self.services = Services.open(settings)
        self.app = create_app(settings, packages=TwoProblems(self.services.store))
        self.report: GradeReport | Exception = RuntimeError("no report was given")
        self.meanwhile: Callable[[], None] = lambda: None

    def furnish(self) -> None:
        """Make the course, its people and its published set."""
        with self.services.database.writing() as session:
            course = Course(name="dl", title="Deep Learning")
            session.add(course)
            for name, role in self.ROLES.items():
                self.tokens[name] = self.enrol(
                    session, course, name.capitalize(), f"{name}@example.org", role
                )
        iris = {"Authorization": f"Bearer {self.tokens['iris']}"}
        TestClient(self.app).put("/api/v1/courses/dl/psets/pset1", json={"due_at": None}, headers=iris)

    def close(self) -> None:
        self.app.state.services.close()
        self.services.close()

    def enrol(self, session: Session, course: Course, name: str, email: str, role: Role) -> str:
        user = create_user(session, name=name, email=email)
        session.add(Enrolment(course=course, user=user, role=role))
        return issue_token(session, user.id, label="test")

    def browser(self, who: str | None = None) -> Browser:
        browser = Browser(self)
        if who is not None:
            browser.log_in(self.tokens[who])
        return browser

    def close_set(self) -> None:
        with self.services.database.writing() as session:
            pset = session.scalars(select(PublishedPset)).one()
            pset.due_at = datetime.now(UTC) - timedelta(minutes=1)

    def grade(self, report: GradeReport | Exception) -> None:
        """Let a worker grade what waits: as in ``report``, or failing like that."""
        self.report = report
        worker = Worker(self.services, self._grader, name="w1", stop=threading.Event())
        while worker.grade_one():
            pass

    def _grader(
        self,
        work: Work,
        show: Callable[[GradeEvent], None],
        measured: Callable[[str, Measurement], None],
    ) -> GradeReport:
        if isinstance(self.report, Exception):
            raise self.report
        for problem in self.report.problems:
            for index, check in enumerate(problem.checks):
                total = len(problem.checks)
                event = GradeEvent(
                    kind=EventKind.CHECK_FINISHED, problem=problem.name, index=index, total=total, check=check
                )
                show(event)
        self.meanwhile()
        return self.report.model_copy(update={"submission_digest": submission_digest(work.files)})


@dataclass(frozen=True)
class Furnished:
    """A data folder and a database with the course in it, to be copied for each test."""

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
    settings = Settings(data=tmp_path_factory.mktemp("site") / "data", database_url=url)
    root = prepare(settings).admin_token
    assert root is not None
    site = Site(settings, {"root": root})
    site.furnish()
    site.close()
    return Furnished(settings, site.tokens)


@pytest.fixture
def site_settings(furnished: Furnished, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """A data folder and a database of its own for this test."""
    shutil.copytree(furnished.settings.data, tmp_path / "data")
    settings = Settings(data=tmp_path / "data", retry_seconds=0.001, grading_tries=1)
    template = furnished.settings.database_url
    if template is None:
        yield settings
        return
    server = request.getfixturevalue("postgresql_server")
    url = server.new_database(template)
    yield settings.model_copy(update={"database_url": url})
    server.drop(url)


@pytest.fixture
def site(furnished: Furnished, site_settings: Settings) -> Iterator[Site]:
    opened = Site(site_settings, dict(furnished.tokens))
    yield opened
    opened.close()


@pytest.fixture
def report(course: SampleCourse) -> GradeReport:
    """A report on ``pset1`` of the site, without a check that broke inside the platform."""
    checks = tuple(check for check in course.checks if check.verdict is not Verdict.INTERNAL_ERROR)
    problem = course.report.problems[0].model_copy(
        update={"name": "alpha", "title": "Alpha", "checks": checks}
    )
    return course.report.model_copy(update={"score": 1.5, "problems": (problem,)})

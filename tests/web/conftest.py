"""A small course as the services describe it, for pages to be made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from api.accounts.schemas import EnrolmentOut, PersonOut
from api.courses.schemas import ProblemOut, PsetOut
from api.gradebook.schemas import GradebookCell, GradebookOut, GradebookPset, GradebookRow, MyScore
from api.roles import Role
from api.submissions.schemas import CheckEvent, StudentOut, SubmissionOut, SubmissionState
from grader.report import CheckResult, Environment, GradeReport, ProblemReport, Verdict, Visibility

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
                message="dW is twice what it should be. Is the loss averaged over the batch, its gradient not?",
                detail="instance 11: dW max abs difference 0.83 (rtol 1e-9, atol 1e-11)",
            ),
            check(
                "large",
                "Large logits do not break the softmax or the loss",
                Verdict.ERROR,
                0,
                1,
                message="FloatingPointError in linear_softmax.py, line 14.",
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
            CheckEvent(problem="linear_softmax", index=index, total=14, check=check.for_student())
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

    def _cell(self, number: int, most: float, score: float | None) -> GradebookCell:
        return GradebookCell(
            score=None if score is None else min(score, most),
            submission_id=None if score is None else f"{number:016x}",
            attempts=number % 4 + 1,
        )


@pytest.fixture
def course() -> SampleCourse:
    return SampleCourse()

"""A small problem with wrong answers of every manner, and the examples that the engine finds for them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from grader import Problem, ProblemSet
from grader.authoring import Check, CheckFailedError, Random
from grader.counterexamples import Examples, FoundExample, find_example
from grader.loading import load_checks
from grader.references import LiveReference
from grader.report import Visibility
from grader.verification import InProcessAnswers
from sandbox.errors import StudentCodeError

REFERENCE = """
import numpy as np

def mean(x):
    return x.mean(axis=0)

def clip(x, low):
    return np.maximum(x, low)

def log_share(x, which):
    shifted = x - x.max()
    return float(shifted[which] - np.log(np.exp(shifted).sum()))

class Sum:
    def __init__(self, start):
        self.total = start
        self.parts = {"count": 0}

    def add(self, x, times=1):
        self.total = self.total + times * x
        self.parts = {"count": self.parts["count"] + 1}

    def __add__(self, other):
        return Sum(self.total + other.total)
"""
HIDDEN = """
import numpy as np
from grader.authoring import check, expect, observe, value

@check("The mean is right", points=2)
def mean(student, reference, rng):
    x = rng.permuted(rng.normal(*rng.sizes(2, 3, 9)))
    expect.close(student.mean(x), reference.mean(x), what="The mean")

@check("The clipping is right, and leaves x alone", points=2)
def clip(student, reference, rng):
    x, low = rng.normal(6), float(rng.uniform(low=-0.4, high=0.4))
    got = observe(student.clip, x, low)
    expect.unchanged(got, (x, low), what=("x", "low"))
    expect.close(got.value, reference.clip(x, low), what="The clipping")
    single = student.clip(x.astype(np.float32), np.float32(low))
    expect.that(single.dtype == np.float32, "float32 stays float32.")

@check("The logarithm of a share is right", points=1)
def log_share(student, reference, rng):
    for scale in (1.0, 1e4):
        x, which = rng.normal(5, scale=scale), int(rng.integers(0, 5))
        expect.close(student.log_share(x, which), reference.log_share(x, which), what="The logarithm")

@check("Sums add up", points=1)
def sums(student, reference, rng):
    start, *numbers = (float(number) for number in rng.normal(4))
    first, second = student.Sum(start), student.Sum(1.0)
    for number in numbers:
        first.add(number, times=2)
    expect.equal(value(first, "parts")["count"], 3, what="The count")
    expect.close(value(first + second, "total"), start + 2 * sum(numbers) + 1.0, what="The total")
"""
RIGHT = {
    "mean": "return sum(x) / len(x)",
    "clip": "return np.where(x < low, low, x).astype(x.dtype)",
    "log_share": "return float(x[which] - x.max() - np.log(np.sum(np.exp(x - x.max()))))",
    "add": "self.total += times * x; self.parts = {'count': self.parts['count'] + 1}",
}
WRONG = {
    "values": {"mean": "return x.sum(axis=0)"},
    "shape": {"mean": "return x.mean(axis=0, keepdims=True)"},
    "kind": {"mean": "return list(x.mean(axis=0))"},
    "raised": {"mean": "return x.mean(axis=2)"},
    "layout": {"mean": "return x.ravel(order='K').reshape(x.shape).mean(axis=0)"},
    "changed": {"clip": "x[x < low] = low; return x.copy()"},
    "dtype": {"clip": "return np.maximum(x.astype(np.float64), low)"},
    "not_finite": {"log_share": "return float(np.log(np.exp(x[which]) / np.exp(x).sum()))"},
    "state": {"add": "self.total += x; self.parts = {'count': self.parts['count'] + 1}"},
    "part": {"add": "self.total += times * x; self.parts = {'count': 1}"},
}
_HEADS = {"mean": "def mean(x)", "clip": "def clip(x, low)", "log_share": "def log_share(x, which)"}
_SUM = """
class Sum:
    def __init__(self, start):
        self.total = start
        self.parts = {{"count": 0}}
    def add(self, x, times=1):
        {add}
    def __add__(self, other):
        return Sum(self.total + other.total)
"""


def written(**bodies: str) -> str:
    """An answer to the small problem, right but for the given bodies."""
    texts = RIGHT | bodies
    functions = "\n".join(f"{head}:\n    {texts[name]}" for name, head in _HEADS.items())
    return f"import numpy as np\n{functions}\n{_SUM.format(add=texts['add'])}"


@pytest.fixture
def small(make_pset: Callable[..., ProblemSet]) -> Problem:
    """The small problem."""
    return make_pset(
        small={
            "reference.py": REFERENCE,
            "checks/hidden.py": HIDDEN,
            "checks/public.py": (
                "from grader.authoring import check, expect\n\n"
                '@check("It has a mean")\n'
                "def has(student, reference, rng):\n"
                "    x = rng.normal(2, 3)\n"
                '    expect.close(student.mean(x), reference.mean(x), what="The mean")\n'
            ),
            "problem.toml": 'title = "Small"\npoints = 6\nruntime = "numpy"\n',
            "submissions/accepted/other.py": written(),
        }
    ).problems[0]


FindExample = Callable[[Problem, str], FoundExample | None]


def _fails(check: Check, answers: InProcessAnswers, references: LiveReference) -> bool:
    meeting = next(answers.meetings(check, Visibility.HIDDEN))
    student = answers.student(check, Visibility.HIDDEN, meeting)
    try:
        check.run(student, references.for_check(check), Random(meeting.seed))
    except (CheckFailedError, StudentCodeError):
        return True
    return False


@pytest.fixture
def find() -> FindExample:
    """``find(problem, source)``: the first counterexample found for a file of the package's own."""

    def first(problem: Problem, source: str) -> FoundExample | None:
        hidden = [check for check, visibility in load_checks(problem) if visibility is Visibility.HIDDEN]
        with (
            InProcessAnswers(problem, source) as answers,
            LiveReference(problem) as references,
            Examples(problem) as examples,
        ):
            failed = [check for check in hidden if _fails(check, answers, references)]
            return find_example(examples, answers, failed)

    return first

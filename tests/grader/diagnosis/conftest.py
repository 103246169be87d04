"""A small problem with wrong answers, and what the engine says of any answer to it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from grader import Problem, ProblemSet, Visibility
from grader.diagnosis import Diagnostician, Finding
from grader.loading import load_checks
from grader.references import LiveReference
from grader.verification import InProcessAnswers

REFERENCE = """
import numpy as np

def mean(x):
    return x.mean(axis=0)

def clip(x, low):
    return np.maximum(x, low)

def count(x):
    return int((x > 0).sum())
"""
HIDDEN = """
from grader.authoring import check, expect, observe

@check("The mean is right", points=2)
def mean(student, reference, rng):
    for rows in (3, 1):
        x = rng.normal(rows, 4, dtype="float64")
        expect.close(student.mean(x), reference.mean(x), what="The mean")

@check("The clipping is right, and leaves x alone", points=2)
def clip(student, reference, rng):
    x = rng.normal(6)
    low = float(rng.normal())
    got = observe(student.clip, x, low)
    expect.unchanged(got, (x, low), what=("x", "low"))
    expect.that((abs(got.value - reference.clip(x, low)) < 1e-9).all(), "The clipping is wrong.")

@check("The count is right", points=1)
def count(student, reference, rng):
    x = rng.normal(5)
    expect.equal(student.count(x), reference.count(x), what="The count")
"""
RIGHT = {
    "mean": "def mean(x):\n    return sum(x) / len(x)\n",
    "clip": "def clip(x, low):\n    return np.where(x < low, low, x)\n",
    "count": "def count(x):\n    return sum(1 for one in x if one > 0)\n",
}
WRONG = {
    "mean_is_the_sum": ("You add up the rows: divide by how many there are.", "mean", "return x.sum(0)"),
    "mean_of_columns": ("You take the mean of each row.", "mean", "return x.mean(axis=1)"),
    "clips_above": ("You cut off above: low is the least.", "clip", "return np.minimum(x, low)"),
    "counts_one_more": ("You count one too many.", "count", "return int((x > 0).sum()) + 1"),
}


HEADS = {"mean": "def mean(x)", "clip": "def clip(x, low)", "count": "def count(x)"}


def _written(**bodies: str) -> str:
    parts = {name: f"{HEADS[name]}:\n    {body}\n" for name, body in bodies.items()}
    return "import numpy as np\n" + "\n".join((RIGHT | parts).values())


def _packaged(more: dict[str, str]) -> dict[str, str]:
    wrong = {
        f"submissions/wrong_answer/{name}.py": f'"""{sentence}"""\n{_written(**{function: body})}'
        for name, (sentence, function, body) in WRONG.items()
    }
    lines = [f'{name} = ["{function}"]' for name, (_, function, _) in WRONG.items()]
    return {
        "reference.py": REFERENCE,
        "starter.py": "def mean(x):\n    raise NotImplementedError\n",
        "checks/public.py": (
            "from grader.authoring import check, expect\n\n"
            '@check("A mean")\ndef zeros(student, reference, rng):\n    student.mean(rng.normal(2, 2))\n'
        ),
        "checks/hidden.py": HIDDEN,
        "submissions/expectations.toml": "[wrong_answer]\n" + "\n".join(lines) + "\n",
        **wrong,
        **more,
    }


@pytest.fixture
def written() -> Callable[..., str]:
    """``written(mean="return 0")``: an answer with that body, and right ones for the other functions."""
    return _written


@pytest.fixture
def averages(make_pset: Callable[..., ProblemSet]) -> Callable[..., ProblemSet]:
    """``averages({"checks/hidden.py": ...})``: the problem's set, with files replaced or added."""

    def make(more: dict[str, str] | None = None) -> ProblemSet:
        return make_pset(averages=_packaged(more or {}))

    return make


@pytest.fixture
def examine() -> Callable[[Problem, str, str], Finding]:
    """``examine(problem, check, source)``: what is found out about an answer that failed ``check``."""

    def ask(problem: Problem, check: str, source: str) -> Finding:
        checks = {one.name: one for one, seen_by in load_checks(problem) if seen_by is Visibility.HIDDEN}
        with LiveReference(problem) as references, InProcessAnswers(problem, source) as answers:
            return Diagnostician(problem, references).examine(checks[check], answers)

    return ask

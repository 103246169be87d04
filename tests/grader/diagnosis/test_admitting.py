"""A student's file becomes a wrong answer, or is refused with a reason and nothing is written."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from grader import Problem, ProblemSet, discover, load_pset
from grader.admission import Admission, AdmissionRefusedError, NotPlainError, admit, require_plain
from grader.admission.admitting import names_of_the_package
from grader.answers import Answers
from grader.diagnosis import Finding, known_mistakes
from grader.errors import PackageError
from grader.verification import InProcessAnswers
from sandbox import Runtime

Written = Callable[..., str]
Examine = Callable[[Problem, str, str], Finding]
SQUARED = '''"""Homework of Ada Lovelace."""
import numpy as np


def mean(x: np.ndarray) -> np.ndarray:
    """My mean."""
    average = x.mean(axis=0)  # Ada's idea
    return average * average


def clip(x, low):
    return np.where(x < low, low, x)


def count(x):
    return sum(1 for one in x if one > 0)
'''
SENTENCE = "You square the mean: return it as it is."
EXPECTATIONS = """# The hidden checks that each wrong answer fails.

[wrong_answer]
mean_is_the_sum = ["mean"]  # the classic one
mean_of_columns = ["mean"]
clips_above = ["clip"]
counts_one_more = ["count"]

[others]
kept = true
"""


def _open(problem: Problem, source: str, instance: int) -> Answers:
    return InProcessAnswers(problem, source, instance=instance)


@pytest.fixture
def problem(averages: Callable[..., ProblemSet]) -> Problem:
    return averages({"submissions/expectations.toml": EXPECTATIONS}).problems[0]


@pytest.fixture
def files(problem: Problem) -> Callable[[], dict[Path, bytes]]:
    return lambda: {
        path: path.read_bytes() for path in problem.folder.rglob("*") if path.suffix in (".py", ".toml")
    }


def _admit(
    problem: Problem, source: str = SQUARED, name: str = "squared", sentence: str = SENTENCE
) -> Admission:
    return admit(problem, source, name, sentence, _open)


def test_it_is_written_with_its_sentence_and_without_a_word_of_its_author(problem: Problem) -> None:
    admission = _admit(problem)
    assert admission.checks == ("mean",)
    text = admission.path.read_text()
    assert ast.get_docstring(ast.parse(text)) == SENTENCE
    assert "Ada" not in text
    assert "My mean" not in text
    (made,) = [one for one in known_mistakes(problem) if one.name == "squared"]
    assert made.checks == {"mean"}


def test_the_expectations_keep_every_other_line(problem: Problem) -> None:
    _admit(problem)
    text = problem.text("submissions/expectations.toml")
    assert set(EXPECTATIONS.splitlines()) | {'squared = ["mean"]'} == set(text.splitlines())
    assert tomllib.loads(text)["wrong_answer"] == {
        **tomllib.loads(EXPECTATIONS)["wrong_answer"],
        "squared": ["mean"],
    }


def test_others_who_make_the_mistake_are_told_from_then_on(
    problem: Problem, written: Written, examine: Examine
) -> None:
    other = written(mean="return (sum(x) / len(x)) ** 2")
    assert examine(problem, "mean", other).diagnosis is None
    _admit(problem)
    told = examine(problem, "mean", other).diagnosis
    assert told is not None
    assert told.sentence == SENTENCE


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        pytest.param({"name": "no name"}, "is no name for a mistake", id="a name that is none"),
        pytest.param({"name": "clips_above"}, "already", id="a name that is taken"),
        pytest.param({"sentence": "wrong"}, "Write one sentence", id="no sentence"),
        pytest.param({"sentence": "You do it.\nYou."}, "Write one sentence", id="two lines"),
        pytest.param(
            {"sentence": "You take the mean of each row."}, "is told by that", id="another's sentence"
        ),
        pytest.param({"source": "def"}, "not valid Python", id="no Python"),
    ],
)
def test_what_cannot_be_used_is_refused(
    problem: Problem, files: Callable[[], dict[Path, bytes]], changes: dict[str, str], why: str
) -> None:
    before = files()
    with pytest.raises(AdmissionRefusedError, match=why):
        _admit(problem, **changes)
    assert files() == before


@pytest.mark.parametrize(
    ("body", "why"),
    [
        pytest.param({}, "it is a right answer", id="a right answer"),
        pytest.param({"mean": "return x.sum(0)"}, "known as mean_is_the_sum", id="a known mistake"),
        pytest.param(
            {"mean": "return x.mean(0) if x[0, 0] > 0 else x.mean(0) * 2"},
            "on some instances",
            id="now and then",
        ),
        pytest.param(
            {"count": "return sum(1 for one in x if one <= 0) - 9"}, "cannot be told", id="small numbers"
        ),
        pytest.param({"mean": "raise ValueError"}, "cannot be told", id="an exception"),
    ],
)
def test_a_mistake_that_would_tell_nobody_the_truth_is_refused(
    problem: Problem,
    written: Written,
    files: Callable[[], dict[Path, bytes]],
    body: dict[str, str],
    why: str,
) -> None:
    before = files()
    with pytest.raises(AdmissionRefusedError, match=why):
        _admit(problem, source=written(**body))
    assert files() == before


def test_without_expectations_there_is_nothing_to_add_to(problem: Problem) -> None:
    (problem.folder / "submissions" / "expectations.toml").unlink()
    with pytest.raises(PackageError, match="is missing"):
        _admit(problem)


@pytest.mark.parametrize(
    "source",
    [
        "import os",
        "from subprocess import run",
        "import numpy as np\nnp.load('x')",
        "import numpy as np\nload = 1\nnp.load('x')",
        "import numpy as np\ndef load(x): return x\nnp.load('x')",
        "from numpy import load",
        "from numpy.lib import format",
        "open('x')",
        "if False:\n    eval = 1\neval('1')",
        "def f(x): return x.__class__",
        "def f(): pass\nf.__globals__",
        "class A:\n    gi_frame = 1\n(x for x in []).gi_frame",
        "getattr(1, 'real')",
        "'{0.x}'.format(1)",
        "class A:\n    def __getattr__(self, name): return name",
        "import numpy as np\ndef f(x): x.strides = (0,)",
        "import torch",
    ],
)
def test_a_file_that_could_do_more_than_calculate_is_refused(source: str) -> None:
    with pytest.raises(NotPlainError):
        require_plain(ast.parse(source), Runtime.NUMPY)


def test_a_file_with_a_hook_in_it_is_never_run(problem: Problem, tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    with pytest.raises(NotPlainError, match="line 1"):
        _admit(problem, source=f"open({str(trap)!r}, 'w')\n{SQUARED}")
    assert not trap.exists()


def test_what_no_package_makes_harmless_stays_refused() -> None:
    for name in ("as_strided", "load", "ctypes"):
        with pytest.raises(NotPlainError):
            require_plain(ast.parse(f"import numpy as np\nnp.{name}"), Runtime.NUMPY, {name})


def test_the_answers_of_the_project_are_plain_but_for_a_few(curriculum: Path) -> None:
    paths, refused = 0, 0
    for listing in discover(curriculum):
        for problem in load_pset(listing.folder).problems:
            known = names_of_the_package(problem)
            for path in sorted((problem.folder / "submissions" / "wrong_answer").glob("*.py")):
                paths += 1
                try:
                    require_plain(ast.parse(path.read_text(encoding="utf-8")), problem.runtime, known)
                except NotPlainError:
                    refused += 1
    assert refused / paths < 0.1

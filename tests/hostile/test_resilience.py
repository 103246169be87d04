"""One broken or hostile file costs only what it breaks: other problems, later checks and the grader go on."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from grader import BadSubmissionError, GradeReport, ProblemSet
from grader.report import CheckResult, Verdict
from sandbox import Backend

RIGHT_MEAN = "def mean(x):\n    return x.sum(axis=1) / x.shape[1]\n"
RIGHT_COUNTER = """
class Counter:
    def __init__(self, start):
        self.total, self.totals = start, [start]
    def __call__(self, x):
        self.total += x
        self.totals.append(self.total)
        return self.total
    def __iter__(self):
        return iter(self.totals)
    def __add__(self, other):
        return Counter(self.total + other.total)
"""


def test_two_of_three_problems_are_graded_for_two(
    backend: Backend, tiny: ProblemSet, submit: Callable[..., GradeReport]
) -> None:
    report = submit(tiny, backend, mean=RIGHT_MEAN, counter=RIGHT_COUNTER)
    assert [problem.score for problem in report.problems] == [0, 3, 4]
    add = report.problems[0]
    sentence = "add.py is not in your submission, so this problem was not graded."
    assert {(check.verdict, check.message) for check in add.checks} == {(Verdict.SKIPPED, sentence)}


def test_one_broken_file_costs_only_its_own_problem(
    backend: Backend, tiny: ProblemSet, submit: Callable[..., GradeReport]
) -> None:
    report = submit(tiny, backend, add="import os\nos.abort()\n", mean=RIGHT_MEAN, counter=RIGHT_COUNTER)
    assert [problem.score for problem in report.problems] == [0, 3, 4]


def test_a_crash_costs_one_check(
    backend: Backend,
    tiny: ProblemSet,
    submit: Callable[..., GradeReport],
    result: Callable[[GradeReport, str], CheckResult],
) -> None:
    source = "import os\ndef add(x, y):\n    if len(x) > 1: os.abort()\n    return x + y\n"
    report = submit(tiny, backend, add=source)
    assert result(report, "sums").verdict is Verdict.ERROR
    assert result(report, "arguments_unchanged").verdict is Verdict.PASSED


def test_a_check_that_needs_another_is_skipped_with_its_title(
    backend: Backend,
    tiny: ProblemSet,
    submit: Callable[..., GradeReport],
    result: Callable[[GradeReport, str], CheckResult],
) -> None:
    report = submit(tiny, backend, mean="def mean(x):\n    return x.sum(axis=1)\n")
    check = result(report, "any_order")
    assert check.verdict is Verdict.SKIPPED
    assert check.message == "Skipped until this passes: The mean of each row is right."


FORBIDDEN = {
    "the plain name": "import numpy as np\ndef mean(x):\n    return np.mean(x, axis=1)\n",
    "another name": "from numpy import mean as sum_up\ndef mean(x):\n    return sum_up(x, axis=1)\n",
    "a renamed module": "import numpy\nn = numpy\ndef mean(x):\n    return n.mean(x, axis=1)\n",
    "a text": "import numpy as np\ndef mean(x):\n    return getattr(np, 'mean')(x, axis=1)\n",
}


@pytest.mark.parametrize("way", FORBIDDEN)
def test_forbidden_call_is_named_with_its_line(
    way: str, backend: Backend, tiny: ProblemSet, submit: Callable[..., GradeReport]
) -> None:
    problem = submit(tiny, backend, mean=FORBIDDEN[way]).problems[1]
    line = 1 if way == "another name" else FORBIDDEN[way].count("\n")
    assert {check.verdict for check in problem.checks} == {Verdict.FORBIDDEN}
    assert problem.message.startswith(
        f"mean.py uses what this problem asks you to write yourself: line {line} uses numpy.mean"
    )
    assert problem.score == 0


def test_coding_comment_hides_nothing(
    backend: Backend, tiny: ProblemSet, submit: Callable[..., GradeReport]
) -> None:
    hidden = (
        "# coding: utf-7\nimport numpy as np\ndef mean(x):\n    return +AG4AcA-.+AG0AZQBhAG4-(x, axis=1)\n"
    )
    assert "np.mean(x" in hidden.encode().decode("utf-7")  # what Python would run if it heeded the comment
    with pytest.raises(BadSubmissionError, match=r"mean\.py declares another encoding"):
        submit(tiny, backend, mean=hidden)


def test_forbidden_name_carries_no_control_characters(
    backend: Backend, tiny: ProblemSet, submit: Callable[..., GradeReport]
) -> None:
    source = "import numpy as np\ndef mean(x):\n    return getattr(np, 'mean.\\x1b]0;owned\\x07')(x)\n"
    message = submit(tiny, backend, mean=source).problems[1].message
    assert "numpy.mean" in message
    assert message.isprintable()


ODD_ANSWERS = {
    "a number": "7",
    "a truth": "True",
    "an integer too large for a float": "2**1023 * 1000",
    "a complex number": "1 + 2j",
    "bytes": "b'\\x80\\x04'",
    "a text": "'\\x1b[31mred'",
    "a slice": "slice(1, 2)",
    "a deep list": "[[[[[[[[[[1]]]]]]]]]]",
    "a dict of arrays": "{(1, 'a'): x}",
    "an empty array": "x[:0]",
    "an array of 16 dimensions": "x.reshape((1,) * 14 + x.shape)",
    "an array of truths": "x > 0",
    "a complex array": "x * 1j",
    "infinity": "x * float('inf')",
    "its module": "__import__('sys').modules[__name__]",
    "a class": "type('Odd', (), {})",
    "a generator": "(n for n in range(10**9))",
    "a handle of the guest's": "__import__('sandbox.wire.values').wire.values.HandleRef(1, 'module')",
    "an object with hostile operators": "Odd()",
}
HOSTILE = """
class Odd:
    def __len__(self): return 10**18
    def __iter__(self): return iter([Odd()] * 3)
    def __float__(self): return float("nan")
    def __bool__(self): raise SystemExit
    def __getitem__(self, index): return Odd()
    def __sub__(self, other): return Odd()
    def __eq__(self, other): return True
    def __repr__(self): return "\\x1b[2J" * 1000
"""


@pytest.mark.parametrize("answer", ODD_ANSWERS)
def test_odd_answer_is_a_verdict_wherever_it_goes(
    answer: str, backend: Backend, tiny: ProblemSet, submit: Callable[..., GradeReport]
) -> None:
    value = ODD_ANSWERS[answer]
    report = submit(
        tiny,
        backend,
        add=f"{HOSTILE}def add(x, y):\n    return {value}\n",
        mean=f"{HOSTILE}{RIGHT_MEAN.replace('return', 'right =')}    import builtins\n"
        "    builtins.calls = getattr(builtins, 'calls', 0) + 1\n"
        f"    return right if builtins.calls < 3 else {value}\n",
        counter=f"{HOSTILE}x = __import__('numpy').ones((2, 3))\ndef Counter(start):\n    return {value}\n",
    )
    assert [problem.score for problem in report.problems[::2]] == [0, 0]
    assert report.problems[1].score <= 3

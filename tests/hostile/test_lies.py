"""Replies that lie about lengths, dtypes, shapes, depth and names are refused before anything is made of
them.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path

import pytest

from grader import GradeReport, ProblemSet
from grader.report import CheckResult, Verdict
from sandbox import Backend

LIAR = Path(__file__).resolve().parent / "submissions" / "lies" / "lying_replies.py"
SOURCE = LIAR.read_text(encoding="utf-8")
UNREADABLE = (
    "What came back from your code could not be read as an answer. Return plain numbers, arrays or "
    "tensors, and leave the program that runs your code alone."
)
TOO_LARGE = "Your code printed or returned far more than is accepted. Remove prints inside loops."
TOO_LATE = (
    "Your code took longer than the 1 s this check allows and was stopped. Look for a loop that does not "
    "end, or work that NumPy or torch could do at once."
)
OTHERWISE = {
    "a header of four gigabytes": (Verdict.OUTPUT_LIMIT, TOO_LARGE),
    "a body of eight exabytes": (Verdict.OUTPUT_LIMIT, TOO_LARGE),
    "an integer of a million digits": (Verdict.OUTPUT_LIMIT, TOO_LARGE),
    "a depth bomb": (Verdict.OUTPUT_LIMIT, TOO_LARGE),
    "a depth bomb of values": (Verdict.OUTPUT_LIMIT, TOO_LARGE),
    "a million values": (Verdict.OUTPUT_LIMIT, TOO_LARGE),
    "a shape larger than its bytes": (Verdict.OUTPUT_LIMIT, TOO_LARGE),
    "a shape whose product overflows": (Verdict.OUTPUT_LIMIT, TOO_LARGE),
    "an empty array of terabytes": (Verdict.OUTPUT_LIMIT, TOO_LARGE),
    "a body that never comes": (Verdict.TIME_LIMIT, TOO_LATE),
}


def _lies() -> list[str]:
    table = next(
        node.value
        for node in ast.parse(SOURCE).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "LIES"
    )
    assert isinstance(table, ast.Dict)
    return [ast.literal_eval(key) for key in table.keys if key is not None]


@pytest.mark.parametrize("lie", _lies())
def test_lying_reply_is_refused(
    lie: str,
    backend: Backend,
    tiny: ProblemSet,
    submit: Callable[..., GradeReport],
    result: Callable[[GradeReport, str], CheckResult],
) -> None:
    report = submit(tiny, backend, add=f"{SOURCE}\n\nLIE = {lie!r}\n")
    # The file adds rightly, and does not lie here: nothing but the lie can spoil the checks below.
    assert result(report, "worked_example").verdict is Verdict.PASSED
    assert result(report, "arguments_unchanged").verdict is Verdict.PASSED
    check = result(report, "sums")
    assert (check.verdict, check.message) == OTHERWISE.get(lie, (Verdict.ERROR, UNREADABLE))


def test_honest_reply_by_the_same_hand_is_accepted(
    backend: Backend,
    tiny: ProblemSet,
    submit: Callable[..., GradeReport],
    result: Callable[[GradeReport, str], CheckResult],
) -> None:
    honest = "\n\nLIE = ''\nLIES[''] = lambda n: array(n)\n"
    report = submit(tiny, backend, add=SOURCE + honest)
    check = result(report, "sums")
    assert (check.verdict, check.message) == (Verdict.FAILED, "the sum has the wrong shape.")
    assert check.detail.endswith("got (2,)")

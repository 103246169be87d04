"""What a counterexample shows comes from a guest that has met no hidden input."""

from __future__ import annotations

import re
from collections.abc import Callable

from grader import GradeReport, ProblemSet
from sandbox import Backend
from tests.hostile.conftest import SUBMISSIONS


def test_what_was_hoarded_from_hidden_inputs_is_in_no_example(
    tiny: ProblemSet, backend: Backend, submit: Callable[..., GradeReport]
) -> None:
    parts = ("secret", "leaks/hoarded")
    source = "\n\n".join((SUBMISSIONS / f"{part}.py").read_text(encoding="utf-8") for part in parts)
    one, other = (submit(tiny, backend, instance=instance, add=source) for instance in (0, 1))
    hoards = [_marks(check.detail for check in _hidden(report)) for report in (one, other)]
    assert hoards[0]
    assert hoards[1] - hoards[0]  # it did keep what differs from instance to instance
    shown = [check.counterexample for check in _hidden(one.for_student()) if check.counterexample]
    assert _marks(example.got for example in shown)  # and its examples tell what it was asked in them
    assert one.for_student() == other.for_student()
    assert not (hoards[0] | hoards[1]) & _marks([one.for_student().model_dump_json()])


def _marks(texts):
    return {found for text in texts for found in re.findall(r"LEAK\d+", text)}


def _hidden(report: GradeReport):
    add = next(problem for problem in report.problems if problem.name == "add")
    return [check for check in add.checks if check.visibility == "hidden"]

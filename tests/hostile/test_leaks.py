"""What a hidden check's inputs could carry out to the student: nothing of them is in the student's copy.

Each attack puts something that depends on the inputs wherever its channel lets it, and meets two different
instances of the inputs. The student's copies of the two reports must be equal to the last character. The
evidence that the channel was tried differs between the two: it is in the staff's copy, or was heard outside.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from grader import GradeReport, ProblemSet, discover, load_pset
from grader.report import Verdict, Visibility
from sandbox import Backend, Runtime
from sandbox.wire.messages import Failure

SUBMISSIONS = Path(__file__).resolve().parent / "submissions"
MARK = r"LEAK\d{4}"
ODD = "Your code returned something of an unexpected form. Compare what it returns with the handout."


@dataclass(frozen=True)
class Channel:
    """A way out. ``evidence`` is found in the staff's copy, or (``heard``) in what the guest sent."""

    name: str
    problem: str = "add"
    evidence: str = MARK
    heard: bool = False
    setting: str = ""

    @property
    def source(self) -> str:
        parts = ("secret", f"leaks/{self.name}")
        texts = [(SUBMISSIONS / f"{part}.py").read_text(encoding="utf-8") for part in parts]
        return "\n\n".join([*texts, self.setting])


CHANNELS = (
    Channel("exception_text"),
    Channel("exception_class", heard=True),
    Channel("printed"),
    Channel("frame_names", heard=True),
    Channel("line_number"),
    Channel("shape", evidence=r"got \((\d+), 1\)"),
    Channel("handle_class", heard=True),
    Channel("dict_keys", heard=True),
    Channel("unsupported_dtype", evidence=r"dtype str\d+"),
    Channel("exit_status", evidence=r"exit status \d+"),
    Channel("signature", heard=True),
    Channel("later_load_import_error"),
    Channel("later_load_value_error"),
    Channel("later_load_syntax_error"),
    *(Channel("forged_failure", heard=True, setting=f"REASON = {str(reason)!r}\n") for reason in Failure),
    Channel("own_answers_keys", "mean"),
    Channel("own_answers_other_keys", "mean"),
    Channel("own_answers_lengths", "mean", evidence=r"expected (\d{4}), got 1"),
    Channel("own_answers_position", "mean"),
    Channel("object_call", "counter"),
    Channel("object_iteration", "counter"),
    Channel("object_operator", "counter"),
    Channel("object_attribute", "counter", heard=True),
)


@pytest.fixture
def graded_twice(
    submit: Callable[..., GradeReport], tapped: Any
) -> Callable[..., list[tuple[GradeReport, str]]]:
    """Reports on instance 0 and 1, each with what was heard meanwhile."""

    def run(pset: ProblemSet, problem: str, source: str) -> list[tuple[GradeReport, str]]:
        found = []
        for instance in (0, 1):
            tapped.heard.clear()
            report = submit(pset, tapped, instance=instance, **{problem: source})
            found.append((report, tapped.heard.decode("latin-1")))
        return found

    return run


@pytest.mark.parametrize("channel", CHANNELS, ids=lambda c: f"{c.name} {c.setting[9:].strip()}".strip())
def test_nothing_of_a_hidden_input_reaches_the_student(
    channel: Channel, tiny: ProblemSet, graded_twice: Callable[..., list[tuple[GradeReport, str]]]
) -> None:
    (one, heard_one), (other, heard_other) = graded_twice(tiny, channel.problem, channel.source)
    assert one.for_student() == other.for_student()
    told = [heard_one, heard_other] if channel.heard else [_of_hidden(one), _of_hidden(other)]
    first, second = (set(re.findall(channel.evidence, text)) for text in told)
    assert first
    assert second
    assert first != second


FORMS = ("a message", "a dict", "a list", "an array", "an object", "a tuple", "a text", "None")


@pytest.mark.parametrize("form", FORMS)
def test_no_check_of_any_problem_tells_what_a_student_makes_of_its_inputs(
    form: str, problems_root: Path, tapped: Any, graded_twice: Callable[..., list[tuple[GradeReport, str]]]
) -> None:
    source = Channel("any_problem", setting=f"FORM = {form!r}\n").source
    listings, long = discover(problems_root), os.environ.get("GRADECLI_LONG")
    for listing in listings if long else listings[:1]:
        pset = load_pset(listing.folder)
        for problem in pset.problems:
            if problem.runtime is not Runtime.NUMPY and not long:
                continue
            (one, heard_one), (other, heard_other) = graded_twice(pset, problem.name, source)
            assert one.for_student() == other.for_student()
            assert heard_one != heard_other
            assert "LEAK" not in _of_hidden(one.for_student())


def test_printing_without_end_leaves_a_report_of_bounded_size(
    backend: Backend, tiny: ProblemSet, submit: Callable[..., GradeReport]
) -> None:
    lifted = """
import sys
printing = sys.modules["sandbox.guest.printing"]
printing.KEPT_CHARACTERS = 10**9
printing.BoundedText.write = lambda self, text: self._kept.append(text) or len(text)
def add(x, y):
    print("flood " * 50_000)
    return x + y
"""
    report = submit(tiny, backend, add=lifted)
    assert "flood" in report.model_dump_json()  # the guest's own bound was lifted
    assert len(report.model_dump_json()) < 200_000


def _of_hidden(report: GradeReport) -> str:
    """What is told about hidden inputs: a counterexample tells about others (test_examples.py)."""
    return "\n".join(
        check.model_dump_json(exclude={"counterexample"})
        for problem in report.problems
        for check in problem.checks
        if check.visibility is Visibility.HIDDEN
    )


@pytest.fixture
def remade(tiny: ProblemSet, tmp_path: Path) -> Callable[[str], ProblemSet]:
    """The small set with ``mean``'s public check replaced."""

    def make(check: str) -> ProblemSet:
        folder = tmp_path / "tiny"
        shutil.copytree(tiny.folder, folder)
        file = folder / "mean" / "checks" / "public.py"
        file.write_text(
            f"import numpy as np\nfrom grader.authoring import check, expect\n\n{check}", encoding="utf-8"
        )
        return load_pset(folder)

    return make


def test_reference_that_fails_on_an_odd_answer_shows_none_of_its_lines(
    backend: Backend, remade: Callable[[str], ProblemSet], submit: Callable[..., GradeReport]
) -> None:
    pset = remade("""
@check("The mean of the means")
def worked_example(student, reference, rng):
    got = student.mean(np.ones((1, 2)))
    reference.mean(np.ones((1, 2)) if isinstance(got, np.ndarray) else got)
""")
    check = submit(pset, backend, mean="def mean(x):\n    return 7\n").problems[1].checks[0]
    assert (check.verdict, check.message) == (Verdict.FAILED, ODD)
    assert "sum(axis=1)" not in check.for_student().model_dump_json()
    assert "reference failed" in check.detail


@pytest.mark.parametrize(
    "error", ["RuntimeError", "MemoryError", "AssertionError", "ZeroDivisionError", "KeyError"]
)
def test_odd_answer_that_a_check_stumbles_over_is_a_verdict(
    error: str, backend: Backend, remade: Callable[[str], ProblemSet], submit: Callable[..., GradeReport]
) -> None:
    pset = remade(f"""
@check("A number comes back")
def worked_example(student, reference, rng):
    if isinstance(student.mean(np.ones((1, 2))), str):
        raise {error}("sizes do not fit")
    reference.mean(np.ones((1, 2)))
""")
    check = submit(pset, backend, mean="def mean(x):\n    return 'x'\n").problems[1].checks[0]
    assert (check.verdict, check.message) == (Verdict.FAILED, ODD)

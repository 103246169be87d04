"""A package's own files are graded in this process as they are in a sandbox."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from grader import Verdict
from grader.answers import Answers
from grader.grading import grade_problem
from grader.loading import load_checks
from grader.package import Problem
from grader.references import LiveReference
from grader.report import ProblemReport
from grader.transcripts.records import Purpose
from grader.verification import InProcessAnswers
from sandbox import StudentCodeError


@pytest.fixture
def problem(make_pset: Callable[..., Any]) -> Problem:
    return make_pset().problems[0]


def _graded(problem: Problem, source: bytes) -> ProblemReport:
    def open_answers(problem: Problem, text: str) -> Answers:
        return InProcessAnswers(problem, text, instance="all")

    with LiveReference(problem) as references:
        checks = load_checks(problem)
        return grade_problem(problem, checks, references, source, open_answers, lambda event: None).report


def test_a_right_file_gets_full_marks_on_all_instances(problem: Problem, right: bytes) -> None:
    assert _graded(problem, right).score == problem.points


def test_a_wrong_file_loses_them(problem: Problem) -> None:
    report = _graded(problem, b"def double(x):\n    return x\n")
    assert report.score == 0
    assert {check.verdict for check in report.checks} == {Verdict.FAILED, Verdict.SKIPPED}


def test_a_trial_has_the_inputs_that_a_sandbox_would_get_and_is_listened_to(
    problem: Problem, right: bytes
) -> None:
    (_, (check, _), _) = load_checks(problem)
    heard = []

    def listen(session: Any) -> Any:
        heard.append(session)
        return session

    with InProcessAnswers(problem, right.decode()) as answers:
        first, second = (answers.trial(check, Purpose.DIAGNOSIS, number, 1.0, listen) for number in (0, 1))
        assert first.seed != second.seed
        assert second.student.double(3) == 6
    assert len(heard) == 2


def test_a_file_that_does_not_load_says_so(problem: Problem, tmp_path: Path) -> None:
    with InProcessAnswers(problem, "import nothing_of_this_name") as answers, pytest.raises(StudentCodeError):
        answers.try_to_load()

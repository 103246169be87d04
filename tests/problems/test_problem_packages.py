"""Every problem package proves its checks: right answers pass them all, wrong ones fail what catches them."""

from __future__ import annotations

import io
import itertools
import os
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from grader import (
    GradeReport,
    Problem,
    ProblemSet,
    Submission,
    Verdict,
    Visibility,
    discover,
    grade,
    load_pset,
)
from grader.authoring import Check, CheckFailedError, Random
from grader.diagnosis import KeptTraces
from grader.instances import instance_seed
from grader.loading import load_checks
from grader.references import loaded_reference
from grader.replay import grade_from_transcript
from grader.transcripts import TranscriptWriter, read_transcript
from sandbox import Backend, InProcessSession, StudentCodeError, load

PROBLEMS = Path(__file__).resolve().parents[2] / "problems"
KEY = bytes(32)
LONG = bool(os.environ.get("GRADECLI_LONG"))  # `make long` tries every instance of wrong answers too


class Answer(NamedTuple):
    """One file that answers one problem."""

    pset: ProblemSet
    problem: Problem
    path: Path

    @property
    def submission(self) -> Submission:
        return Submission.read(self.path, self.pset, self.problem.name)


def _answers(pattern: str) -> list[object]:
    """A test parameter for each file of the packages that matches ``pattern``."""
    return [
        pytest.param(Answer(pset, problem, path), id=f"{problem.name}-{path.stem}")
        for pset in (load_pset(listing.folder) for listing in discover(PROBLEMS))
        for problem in pset.problems
        for path in sorted(problem.folder.glob(pattern))
    ]


def _in_sandboxes(answers: list[Any], *, bubblewrap: int, docker: int) -> list[Any]:
    """Of each problem every n-th answer, by sandbox; all of them where time is no matter.

    What a check finds does not depend on the sandbox: every answer is tried without one as well.
    """
    by_problem = [
        list(group) for _, group in itertools.groupby(answers, key=lambda one: one.values[0].problem.name)
    ]
    return [
        pytest.param(
            one.values[0], name, id=f"{name}-{one.id}", marks=[pytest.mark.docker] * (name == "docker")
        )
        for name, every in (("warm bubblewrap", bubblewrap), ("docker", docker))
        for group in by_problem
        for one in group[:: 1 if LONG else every]
    ]


RIGHT = _answers("reference.py") + _answers("submissions/accepted/*.py")
WRONG = _answers("submissions/wrong_answer/*.py")


def _expected_failures(answer: Answer) -> set[str]:
    table = tomllib.loads(answer.problem.text("submissions/expectations.toml"))
    return set(table["wrong_answer"][answer.path.stem])


def _graded(answer: Answer, backend: Backend, kept: KeptTraces) -> GradeReport:
    """The report on an answer, which a replay of what was recorded must give again."""
    one = replace(answer.pset, problems=(answer.problem,))
    submission, file = answer.submission, io.BytesIO()
    with TranscriptWriter(file) as transcript:
        report = grade(one, submission, backend, key=KEY, transcript=transcript, kept_traces=kept)
    replayed = grade_from_transcript(one, submission, read_transcript(file.getvalue()), kept_traces=kept)
    assert replayed.report is not None, replayed.divergences
    assert replayed.report.model_dump_json() == report.model_dump_json()
    return report


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> KeptTraces:
    """What known wrong answers do is found out once for all that are graded here, by every test process."""
    return KeptTraces(tmp_path_factory.getbasetemp().parent / "traces")


def _runs(answer: Answer, every: int) -> Iterator[tuple[Check, int, Exception | None]]:
    """Each hidden check on every n-th of its instances, without a sandbox, and how the answer failed it."""
    problem = answer.problem
    files = problem.files_with(answer.path.read_text(encoding="utf-8"))
    with InProcessSession() as session, InProcessSession() as trusted:
        reference = loaded_reference(problem, trusted)
        for check, visibility in load_checks(problem):
            for index in range(check.instances)[::every] if visibility is Visibility.HIDDEN else ():
                student = load(session, files, problem.file_name)
                try:
                    check.run(student, reference, Random(instance_seed(problem, check.name, index)))
                except (CheckFailedError, StudentCodeError) as error:
                    yield check, index, error
                else:
                    yield check, index, None


@pytest.mark.parametrize("answer", RIGHT)
def test_right_answers_pass_every_instance(answer: Answer) -> None:
    assert [run for run in _runs(answer, 1 if LONG else 4) if run[2] is not None] == []


@pytest.mark.parametrize(("answer", "name"), _in_sandboxes(RIGHT, bubblewrap=2, docker=8))
def test_right_answers_are_replayed_with_the_same_report(
    answer: Answer, name: str, ready_backend: Callable[..., Backend], kept: KeptTraces
) -> None:
    backend = ready_backend(name, answer.problem.runtime)
    assert _graded(answer, backend, kept).score == answer.problem.points


@pytest.mark.parametrize("answer", _answers("starter.py"))
def test_the_starter_earns_nothing(answer: Answer, backend: Backend, kept: KeptTraces) -> None:
    report = _graded(answer, backend, kept)
    assert report.score == 0.0
    assert {check.diagnosis for check in report.problems[0].checks} == {None}
    messages = {check.message for check in report.problems[0].checks}
    assert all("is not implemented yet" in message for message in messages)


@pytest.mark.parametrize(("answer", "name"), _in_sandboxes(WRONG, bubblewrap=16, docker=64))
def test_wrong_answers_fail_exactly_the_checks_that_should_catch_them_and_are_told_no_other_mistake(
    answer: Answer, name: str, ready_backend: Callable[..., Backend], kept: KeptTraces
) -> None:
    report = _graded(answer, ready_backend(name, answer.problem.runtime), kept)
    hidden = [check for check in report.problems[0].checks if check.visibility is Visibility.HIDDEN]
    failed = [check for check in hidden if check.verdict is not Verdict.PASSED]
    assert {check.name for check in failed} == _expected_failures(answer)
    # Silence is better than a guess: where all that is wrong is drawn at random, a sandbox draws otherwise.
    told = {check.diagnosis.mistake for check in hidden if check.diagnosis is not None}
    assert told <= {answer.path.stem}


@pytest.mark.parametrize("answer", WRONG)
def test_wrong_answers_fail_the_same_checks_on_other_instances(answer: Answer) -> None:
    expected = _expected_failures(answer)
    for check, index, error in _runs(answer, 1 if LONG else 16):
        assert (error is None) is (check.name not in expected), f"{check.name}, instance {index}"


@pytest.mark.parametrize("answer", _answers("submissions/forbidden/*.py"))
def test_forbidden_shortcuts_are_named_with_their_line_and_earn_nothing(
    answer: Answer, backend: Backend
) -> None:
    report = grade(answer.pset, answer.submission, backend, key=KEY, problem=answer.problem.name)
    assert {check.verdict for check in report.problems[0].checks} == {Verdict.FORBIDDEN}
    assert report.score == 0.0
    assert "line " in report.problems[0].message

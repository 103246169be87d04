"""What wrong answers do is found out once for a version of the package, and kept."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from grader import Problem, ProblemSet, load_pset
from grader.diagnosis import Diagnostician, KeptTraces, sweep
from grader.loading import load_checks
from grader.references import LiveReference
from grader.verification import InProcessAnswers

SUM = "return np.add.reduce(x)"


class _Course:
    """One problem whose diagnoses are kept in ``folder``; each one is made by a new engine."""

    def __init__(self, pset: ProblemSet, source: str, folder: Path) -> None:
        self.pset, self.source, self.folder = pset, source, folder

    def mistake(self) -> str | None:
        problem: Problem = load_pset(self.pset.folder).problems[0]
        check = next(one for one, _ in load_checks(problem) if one.name == "mean")
        with LiveReference(problem) as references, InProcessAnswers(problem, self.source) as answers:
            engine = Diagnostician(problem, references, KeptTraces(self.folder))
            found = engine.examine(check, answers)
        return found.diagnosis and found.diagnosis.mistake

    def files(self) -> list[Path]:
        return sorted(self.folder.glob("*"))


@pytest.fixture
def course(averages: Callable[..., ProblemSet], written: Callable[..., str], tmp_path: Path) -> _Course:
    return _Course(averages(), written(mean=SUM), tmp_path / "kept")


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A wrong answer that is run leaves its source here."""
    from grader.diagnosis.knowing import Known

    found: list[str] = []
    trace = Known._trace

    def counted(self: Known, check: object, seed: int, source: str) -> object:
        found.append(source)
        return trace(self, check, seed, source)  # type: ignore[arg-type]

    monkeypatch.setattr(Known, "_trace", counted)
    return found


def test_wrong_answers_run_once_for_a_version_of_the_package(course: _Course, runs: list[str]) -> None:
    assert course.mistake() == "mean_is_the_sum"
    assert runs
    already = len(runs)
    assert course.mistake() == "mean_is_the_sum"
    assert len(runs) == already
    assert {path.suffix for path in course.files()} == {".traces"}


def test_another_version_is_found_out_anew(course: _Course, runs: list[str]) -> None:
    course.mistake()
    already = len(runs)
    (course.pset.problems[0].folder / "submissions" / "wrong_answer" / "counts_one_more.py").write_text(
        "x = 1\n"
    )
    assert course.mistake() == "mean_is_the_sum"
    assert len(runs) == 2 * already


@pytest.mark.parametrize("damage", [b"", b"short", None])
def test_a_damaged_file_is_made_anew(course: _Course, runs: list[str], damage: bytes | None) -> None:
    course.mistake()
    whole = [path.read_bytes() for path in course.files()]
    for path, content in zip(course.files(), whole, strict=True):
        path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]) if damage is None else damage)
    already = len(runs)
    assert course.mistake() == "mean_is_the_sum"
    assert len(runs) == 2 * already
    assert [path.read_bytes() for path in course.files()] == whole


def test_without_a_place_to_keep_them_diagnoses_go_on(course: _Course) -> None:
    course.folder.write_text("a file where the folder should be")
    assert course.mistake() == "mean_is_the_sum"


def test_what_nobody_asks_for_any_more_is_swept(course: _Course) -> None:
    course.mistake()
    old, *young = course.files()
    long_ago = time.time() - 40 * 24 * 3600
    os.utime(old, (long_ago, long_ago))
    assert sweep(course.folder, unused_days=30) == 1
    assert course.files() == young

"""``gradecli grade``: the exact JSON, and an exit code that never confuses the three ways it can end."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox import InfrastructureError


@pytest.fixture
def solutions(problems_root: Path) -> Path:
    return problems_root / "pset1_backprop" / "linear_softmax" / "submissions"


@pytest.fixture
def grade(gradecli: Any, problems_root: Path, ready_backend: Callable[[str], object]) -> Callable[..., Any]:
    ready_backend("bubblewrap")

    def run(*arguments: str) -> Any:
        return gradecli("grade", *arguments, "--sandbox", "bubblewrap", "--problems", str(problems_root))

    return run


def test_json_has_the_documented_shape_and_nothing_beside_it(grade: Any, solutions: Path) -> None:
    wrong = solutions / "wrong_answer" / "softmax_twice.py"
    done = grade("pset1", str(wrong), "--problem", "linear_softmax", "--json")
    assert done.exit_code == 0  # graded, whatever the score
    report = json.loads(done.stdout)
    assert 0 < report["score"] < report["max_score"] == 10
    (problem,) = report["problems"]
    assert {"name", "score", "max_score", "checks"} <= set(problem)
    for check in problem["checks"]:
        assert {"name", "verdict", "score", "max_score", "visibility", "message"} <= set(check)
    assert {check["visibility"] for check in problem["checks"]} == {"public", "hidden"}
    assert "failed" in {check["verdict"] for check in problem["checks"]}


def test_a_folder_and_a_packages_own_path_work_too(
    grade: Any, solutions: Path, problems_root: Path, tmp_path: Path
) -> None:
    (tmp_path / "linear_softmax.py").write_text((solutions / "accepted" / "loops.py").read_text())
    assert "Total: 10/10 points" in grade("pset1", str(tmp_path)).stdout
    assert "Total: 10/10 points" in grade(str(problems_root / "pset1_backprop"), str(tmp_path)).stdout


def test_every_instance_can_be_graded(grade: Any, solutions: Path) -> None:
    right = str(solutions / "accepted" / "loops.py")
    for instance in ("0", "all"):
        assert (
            "Total: 10/10"
            in grade("pset1", right, "--problem", "linear_softmax", "--instance", instance).stdout
        )


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["pset9", "x.py"], "There is no problem set 'pset9' in"),
        (["pset1", "nowhere"], "nowhere"),
        (["pset1", "x.py", "--problem", "nope"], "no problem 'nope'"),
        (["pset1", "x.py", "--instance", "half"], "--instance takes a number or all"),
        (["pset1", "other.zip"], "other.zip"),
    ],
)
def test_what_cannot_be_graded_exits_with_2(grade: Any, arguments: list[str], complaint: str) -> None:
    Path("x.py").write_text("x = 1")
    Path("other.zip").write_bytes(b"not a zip")
    done = grade(*arguments, "--json")
    assert (done.exit_code, done.stdout) == (2, "")
    assert complaint in done.stderr


def test_a_folder_of_problems_that_is_not_there_exits_with_2(gradecli: Any) -> None:
    done = gradecli("grade", "pset1", "x", "--problems", "nowhere")
    assert done.exit_code == 2
    assert "--problems DIR" in done.stderr


def test_a_sandbox_that_does_not_isolate_cannot_be_chosen(
    gradecli: Any, problems_root: Path, solutions: Path
) -> None:
    right = str(solutions / "accepted" / "loops.py")
    done = gradecli(
        "grade",
        "pset1",
        right,
        "--problem",
        "linear_softmax",
        "--problems",
        str(problems_root),
        "--sandbox",
        "subprocess",
    )
    assert done.exit_code == 2
    assert "Choose one of: docker, bubblewrap" in done.stderr


def test_a_sandbox_that_fails_exits_with_3(
    grade: Any, solutions: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise InfrastructureError("the engine is gone; start it")

    monkeypatch.setattr("gradecli.operator_grading.grade", broken)
    done = grade("pset1", str(solutions / "accepted" / "loops.py"), "--problem", "linear_softmax", "--json")
    assert (done.exit_code, done.stdout) == (3, "")
    assert "The sandbox failed, not the submission: the engine is gone; start it" in done.stderr


def test_no_sandbox_at_all_names_each_remedy(
    gradecli: Any, solutions: Path, problems_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(name: str) -> None:
        raise InfrastructureError(f"{name} is not installed; install it")

    monkeypatch.setattr("gradecli.operator_sandbox.find", absent)
    right = str(solutions / "accepted" / "loops.py")
    done = gradecli("grade", "pset1", right, "--problem", "linear_softmax", "--problems", str(problems_root))
    assert done.exit_code == 3
    assert "bubblewrap: bubblewrap is not installed; install it" in done.stderr
    assert "docker: docker is not installed; install it" in done.stderr

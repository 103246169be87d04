"""``gradecli verify`` shows what is proved and what is missing, and exits accordingly."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

PROBLEMS = Path(__file__).resolve().parents[2] / "problems"
QUICK = ("--instances", "1", "--runs", "1", "--jobs", "1")


@pytest.fixture
def perceptron(tmp_path: Path) -> Path:
    """A set with one problem and some of its answers, in a folder of its own."""
    folder = tmp_path / "ours" / "pset1_backprop"
    source = PROBLEMS / "pset1_backprop" / "perceptron"
    shutil.copytree(source, folder / "perceptron", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "pset.toml").write_text('name = "pset1"\ntitle = "T"\nproblems = ["perceptron"]\n')
    keep = [
        "bias_not_in_the_prediction",
        "never_ends_early",
        "label_left_out",
        "bias_never_learned",
        "margin_of_one",
    ]
    expectations = folder / "perceptron" / "submissions" / "expectations.toml"
    lines = [line for line in expectations.read_text().splitlines() if line.split(" ")[0] in keep]
    kept = [
        f'{name} = "Its answers were left out here."' for name in ("learning_from_the_boundary", "in_order")
    ]
    kept += [f'{name} = "As above."' for name in ("counting", "on_the_boundary", "arguments_unchanged")]
    expectations.write_text("\n".join(["[wrong_answer]", *lines, "[kept]", *kept]))
    for path in (folder / "perceptron" / "submissions" / "wrong_answer").glob("*.py"):
        if path.stem not in keep:
            path.unlink()
    return folder / "perceptron"


def test_a_proved_problem_exits_with_0_and_its_json_has_the_documented_shape(
    gradecli: Any, perceptron: Path
) -> None:
    done = gradecli("verify", "--problems", str(perceptron.parents[1]), "--json", *QUICK)
    assert (done.exit_code, done.stderr) == (0, ""), done.stdout
    proof = json.loads(done.stdout)
    assert set(proof) == {"ok", "problems"}
    (problem,) = proof["problems"]
    assert {name: problem[name] for name in ("pset", "name", "topics", "accepted", "rejected_right")} == {
        "pset": "pset1",
        "name": "perceptron",
        "topics": [3],
        "accepted": 4,
        "rejected_right": 0,
    }
    assert (problem["wrong_answers"], problem["caught"], problem["misdiagnosed"], problem["flaky"]) == (
        5,
        5,
        0,
        0,
    )
    assert problem["mutants"] == {"made": 0, "equivalent": 0, "killed": 0, "survived": 0}
    assert problem["findings"] == []


def test_what_does_not_hold_is_shown_with_advice_and_exits_with_1(gradecli: Any, perceptron: Path) -> None:
    mistake = perceptron / "submissions" / "wrong_answer" / "margin_of_one.py"
    mistake.write_text('"""You count."""\n' + (perceptron / "reference.py").read_text())
    done = gradecli("verify", str(perceptron), *QUICK)
    assert done.exit_code == 1
    assert "pset1/perceptron: wrong_answer/margin_of_one.py" in done.stdout
    assert "right_side should catch it, and lets it pass on instance 0." in done.stdout
    assert "→ Draw inputs that tell it apart every time" in done.stdout
    assert "0 of 1 problems proved, on 1 instances in 1 runs." in done.stdout


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("pset9",), "There is no problem set or problem 'pset9' in"),
        (("--problems", "nowhere"), "nowhere"),
        (("pset1", "--sandbox", "subprocess"), "There is no sandbox 'subprocess'"),
    ],
)
def test_what_cannot_be_verified_exits_with_2(
    gradecli: Any, problems_root: Path, arguments: tuple[str, ...], complaint: str
) -> None:
    where = () if "--problems" in arguments else ("--problems", str(problems_root))
    done = gradecli("verify", *arguments, *where, *QUICK)
    assert (done.exit_code, done.stdout) == (2, "")
    assert complaint in done.stderr

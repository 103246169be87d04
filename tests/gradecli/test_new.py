"""``gradecli new`` makes a problem that is proved as it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("runtime", ["numpy", "torch"])
def test_a_new_problem_is_proved_as_it_is(gradecli: Any, runtime: str) -> None:
    done = gradecli("new", "week1", "batch_norm", "--title", "Batch norm", "--runtime", runtime)
    assert done.exit_code == 0
    assert "gradecli verify week1" in done.stdout
    handout = Path("problems/week1/batch_norm/handout.md").read_text()
    assert handout.startswith("# Batch norm\n")
    assert "In `batch_norm.py`: `standardize(x, eps)`" in handout
    mutants = () if runtime == "torch" else ("--mutants", "--inputs", "50")
    quick = ("--jobs", "1", "--runs", "1", "--instances", "1", "--json")
    proof = json.loads(gradecli("verify", "week1", *quick, *mutants).stdout)
    (problem,) = proof["problems"]
    assert proof["ok"], problem["findings"]
    assert (problem["wrong_answers"], problem["caught"], problem["diagnosed"]) == (6, 6, 6)


def test_a_second_problem_goes_to_the_end_of_the_set(gradecli: Any) -> None:
    for name in ("one", "two"):
        assert gradecli("new", "week1", name).exit_code == 0
    assert 'problems = ["one", "two"]' in Path("problems/week1/pset.toml").read_text()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("week1", "two words"), "A problem's name is one that Python can import"),
        (("week1", "class"), "A problem's name is one that Python can import"),
        (("week 1", "one"), "A set's name is up to 40 of"),
        (("week1", "one", "--runtime", "jax"), "--runtime is one of numpy, torch"),
        (("week1", "taken"), "problems/week1/taken exists already"),
    ],
)
def test_what_cannot_be_made_exits_with_2(gradecli: Any, arguments: tuple[str, ...], complaint: str) -> None:
    Path("problems/week1/taken").mkdir(parents=True)
    done = gradecli("new", *arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert complaint in done.stderr
    assert not Path("problems/week1/pset.toml").exists()

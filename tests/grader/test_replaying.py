"""Replaying in a child process: recorded by one child, scored again by another."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from grader import GradeReport, GradingFailedError, ProblemSet, instance_key, load_pset
from grader.child import ChildJob, grade_in_child
from grader.frozen import freeze_seeds
from grader.replaying import ReplayItem, ReplayOutcome, replay_in_child
from grader.transcripts import read_transcript

MakePset = Callable[..., ProblemSet]
TIMEOUT = 300.0
KEY = instance_key(b"secret", "any")


def recorded(pset: ProblemSet, content: bytes, path: Path) -> GradeReport:
    job = ChildJob(pset.folder, {"doubling": content}, "bubblewrap", KEY, transcript=path)
    return grade_in_child(job, timeout=TIMEOUT)


def replayed(pset: ProblemSet, *items: ReplayItem) -> dict[str, ReplayOutcome]:
    found: dict[str, ReplayOutcome] = {}
    replay_in_child(pset.folder, items, lambda one: found.setdefault(one.name, one) and None, timeout=TIMEOUT)
    return found


def test_what_one_child_recorded_another_scores_again(
    make_pset: MakePset, right: bytes, tmp_path: Path
) -> None:
    pset = make_pset()
    answers = {"right": right, "wrong": b"def double(x): return x\n", "broken": b"def double(x:\n"}
    reports, items = {}, []
    for name, content in answers.items():
        path = tmp_path / name
        reports[name] = recorded(pset, content, path)
        items.append(ReplayItem(name, {"doubling": content}, path))
    found = replayed(pset, *items)
    assert {name: one.report for name, one in found.items()} == reports


def test_what_cannot_be_replayed_is_told_and_the_rest_goes_on(
    make_pset: MakePset, right: bytes, tmp_path: Path
) -> None:
    pset = make_pset()
    recorded(pset, right, tmp_path / "good")
    (tmp_path / "bad").write_bytes(b"nothing")
    files = {"doubling": right}
    found = replayed(
        pset,
        ReplayItem("bad", files, tmp_path / "bad"),
        ReplayItem("gone", files, tmp_path / "gone"),
        ReplayItem("other", {"doubling": right + b"\n"}, tmp_path / "good"),
        ReplayItem("good", files, tmp_path / "good"),
    )
    assert found["good"].report is not None
    assert "is damaged" in found["bad"].why
    assert "No such file" in found["gone"].why
    assert "another submission" in found["other"].why
    hidden = pset.folder / "doubling/checks/hidden.py"
    hidden.write_text(hidden.read_text().replace("student.double(x)", "student.double(-x)"))
    found = replayed(load_pset(pset.folder), ReplayItem("good", files, tmp_path / "good"))
    assert found["good"].report is None
    assert found["good"].why == "doubling/doubled: its call 1 (call) is not the recorded one"


def test_a_broken_package_is_not_tried_again(make_pset: MakePset) -> None:
    pset = make_pset()
    (pset.folder / "doubling/checks/hidden.py").write_text("1 / 0")
    with pytest.raises(GradingFailedError, match="cannot be executed") as caught:
        replayed(pset)
    assert not caught.value.retriable


def test_a_regrade_meets_the_instances_of_the_first_grading(
    make_pset: MakePset, right: bytes, tmp_path: Path
) -> None:
    pset = make_pset()
    freeze_seeds(pset)
    recorded(pset, right, tmp_path / "first")
    hidden = pset.folder / "doubling/checks/hidden.py"
    hidden.write_text(hidden.read_text() + "\n# corrected\n")
    seeds = []
    for name, seeds_of in (("again", pset.folder), ("moved", None)):
        job = ChildJob(
            pset.folder, {"doubling": right}, "bubblewrap", KEY, seeds_of=seeds_of, transcript=tmp_path / name
        )
        grade_in_child(job, timeout=TIMEOUT)
    for name in ("first", "again", "moved"):
        problem = read_transcript((tmp_path / name).read_bytes()).problems["doubling"]
        seeds.append([section.opened.seed for section in problem.sections])
    assert seeds[0] == seeds[1] != seeds[2]

"""How long a grading may take: as long as the set itself asks for, and no longer."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from grader import GradingFailedError, ProblemSet, Verdict, instance_key
from grader.bounds import longest_grading
from grader.child import ChildJob, grade_in_child
from sandbox import Backend

MakePset = Callable[..., ProblemSet]
KEY = instance_key(b"secret", "digest")
SLOW = 'title = "Doubling"\npoints = 5\nruntime = "numpy"\n[limits]\ntime_seconds = 1\n'
HIDDEN = """
from grader.authoring import check, expect

@check("First", points=2)
def first(student, reference, rng):
    expect.close(student.double(1.0), 2.0, what="the result")

@check("Second", points=3{options})
def second(student, reference, rng):
    expect.close(student.double(1.0), 2.0, what="the result")
"""


def test_a_check_with_a_longer_limit_makes_the_whole_set_wait_longer(make_pset: MakePset) -> None:
    quick = make_pset("quick", doubling={"problem.toml": SLOW, "checks/hidden.py": HIDDEN.format(options="")})
    slow = make_pset(
        "slow",
        doubling={"problem.toml": SLOW, "checks/hidden.py": HIDDEN.format(options=", time_limit=500")},
    )
    # Twice for the student, once for the reference.
    assert longest_grading(slow) - longest_grading(quick) == 3 * 499


def test_a_submission_that_runs_every_check_to_its_limit_is_graded(
    make_pset: MakePset, ready_backend: Callable[..., Backend]
) -> None:
    ready_backend("bubblewrap")
    pset = make_pset(doubling={"problem.toml": SLOW, "checks/hidden.py": HIDDEN.format(options="")})
    content = b"def double(x):\n    while True:\n        pass\n"
    began = time.monotonic()
    report = grade_in_child(
        ChildJob(pset.folder, {"doubling": content}, "bubblewrap", KEY), timeout=longest_grading(pset)
    )
    took = time.monotonic() - began
    assert [check.verdict for check in report.problems[0].checks] == [Verdict.TIME_LIMIT] * 3
    assert took < longest_grading(pset)


@pytest.mark.parametrize(("asked", "allowed"), [(0.3, 60.0), (60.0, 0.3)])
def test_a_child_that_hangs_ends_with_what_its_set_asked_for_or_with_what_is_allowed(
    make_pset: MakePset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: float, allowed: float
) -> None:
    hanging = tmp_path / "hanging"
    hanging.write_text(f"#!/bin/sh\necho '{{\"seconds\": {asked}}}'\nexec sleep 60\n")
    hanging.chmod(0o755)
    pset = make_pset()
    monkeypatch.setattr(sys, "executable", str(hanging))
    with pytest.raises(GradingFailedError, match=r"after 0\.3 s"):
        grade_in_child(ChildJob(pset.folder, {}, "bubblewrap", KEY), timeout=allowed)

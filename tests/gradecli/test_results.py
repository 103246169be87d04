"""Looking things up: sets, scores, feedback."""

from __future__ import annotations

import json
from typing import Any

import httpx2
import pytest

SCORES = [
    {
        "pset": "pset1",
        "title": "Backprop",
        "due_at": None,
        "score": 7.5,
        "max_score": 10.0,
        "attempts": 3,
        "best_submission_id": "s2",
    },
    {
        "pset": "pset2",
        "title": "Attention",
        "due_at": None,
        "score": None,
        "max_score": 5.0,
        "attempts": 0,
        "best_submission_id": None,
    },
]


def test_sets_are_listed_with_due_date_and_score(logged_in: Any, gradecli: Any) -> None:
    logged_in.psets.append(
        logged_in.psets[0]
        | {
            "name": "pset2",
            "title": "A [red]\x1b[2Jtitle",
            "due_at": None,
            "accepting": False,
            "my_score": 3.25,
        }
    )
    lines = gradecli("psets").stdout.splitlines()
    assert lines[0].split() == ["set", "title", "due", "score"]
    assert lines[1].startswith("pset1  Backprop by hand")
    assert ", in " in lines[1]
    assert lines[1].endswith(" -/4")
    assert lines[2].startswith("pset2  A [red]title      no due date, closed")
    assert lines[2].endswith("3.25/4")


def test_sets_as_json(logged_in: Any, gradecli: Any) -> None:
    (listed,) = json.loads(gradecli("psets", "--json").stdout)
    assert (listed["name"], listed["my_score"]) == ("pset1", None)


def test_no_sets_yet_is_a_note_and_empty_json(logged_in: Any, gradecli: Any) -> None:
    logged_in.psets = []
    done = gradecli("psets")
    assert (done.exit_code, done.stdout) == (0, "")
    assert "No problem set is published in this course yet" in done.stderr
    assert json.loads(gradecli("psets", "--json").stdout) == []


def test_scores_add_up(logged_in: Any, gradecli: Any) -> None:
    logged_in.override["GET", "/courses/dl/scores"] = httpx2.Response(200, json=SCORES)
    out = gradecli("scores").stdout
    assert "pset1  Backprop   7.5/10         3  s2\n" in out
    assert "pset2  Attention     -/5         0  -\n" in out
    assert out.endswith("Total: 7.5/15 points\n")
    assert json.loads(gradecli("scores", "--json").stdout)[1]["score"] is None


@pytest.fixture
def submitted(logged_in: Any, gradecli: Any) -> Any:
    gradecli("start", "pset1")
    for _ in range(2):
        assert gradecli("submit", "pset1").exit_code == 0
    return logged_in


@pytest.mark.parametrize("which", [[], ["pset1"], ["s2"]])
def test_feedback_is_the_newest_or_the_one_named(submitted: Any, gradecli: Any, which: list[str]) -> None:
    done = gradecli("feedback", *which)
    assert done.exit_code == 0
    assert "attempt 2" in done.stderr
    assert done.stdout.endswith("Total: 2/4 points\n")


def test_feedback_by_id_needs_no_course(submitted: Any, gradecli: Any) -> None:
    submitted.me["enrolments"].append({"course": "ml", "title": "ML", "role": "student"})
    assert "attempt 1" in gradecli("feedback", "s1").stderr


def test_feedback_before_it_is_graded_says_when(submitted: Any, gradecli: Any) -> None:
    submitted.state = "queued"
    done = gradecli("feedback", "pset1")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "Submission s2 is queued. Try again in a moment: gradecli feedback s2" in done.stderr


def test_feedback_on_a_platform_failure_blames_the_platform(submitted: Any, gradecli: Any) -> None:
    submitted.state = "failed"
    done = gradecli("feedback", "s1")
    assert done.exit_code == 3
    assert "not your code's fault" in done.stderr


def test_feedback_on_nothing(logged_in: Any, gradecli: Any) -> None:
    assert "You have not submitted pset1 yet" in gradecli("feedback", "pset1").stderr
    assert "You have not submitted anything in dl yet" in gradecli("feedback").stderr
    unknown = gradecli("feedback", "nobody-knows")
    assert unknown.exit_code == 5
    assert "There is no such thing here." in unknown.stderr


def test_feedback_as_json(submitted: Any, gradecli: Any) -> None:
    report = json.loads(gradecli("feedback", "--json").stdout)
    assert report["problems"][0]["checks"][0]["verdict"] == "passed"

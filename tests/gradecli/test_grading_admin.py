"""The staff's commands about grading, and what students read of what staff did."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx2
import pytest

HOLD = {
    "id": 4,
    "scope": "pset",
    "course": "dl",
    "pset": "pset1",
    "student": None,
    "reason": "wrong\u001b[2Jdata",
    "placed_by": "Iris",
    "placed_at": "2026-11-20T12:00:00Z",
    "lifted_at": None,
}
JOB = {
    "submission": "abc",
    "pset": "pset1",
    "student": "Ada",
    "attempt": 2,
    "state": "parked",
    "received_at": "2026-11-20T12:00:00Z",
    "started_at": None,
    "worker": None,
    "failures": [{"at": "2026-11-20T12:01:00Z", "worker": "w1", "detail": "no Docker engine answers"}],
}
STANDING = {
    "queued": 3,
    "held": 1,
    "workers": 2,
    "running": [JOB | {"state": "running", "worker": "w2", "started_at": "2026-11-20T12:00:00Z"}],
    "parked": [JOB],
    "quarantined": [],
    "holds": [HOLD],
}


@pytest.fixture
def asked(logged_in: Any) -> Any:
    """Answers to what these commands ask; called, it gives what was asked of them."""
    answers = {
        ("POST", "/courses/dl/holds"): HOLD,
        ("GET", "/courses/dl/holds"): [HOLD],
        ("POST", "/holds"): HOLD | {"scope": "all", "course": None, "pset": None},
        ("POST", "/holds/4/lift"): HOLD,
        ("GET", "/courses/dl/operations"): STANDING,
        ("PATCH", "/courses/dl"): {"name": "dl", "title": "x", "supersede_queued": True},
    }
    logged_in.override |= {which: httpx2.Response(200, json=body) for which, body in answers.items()}

    def seen() -> list[tuple[str, str, Any]]:
        made = [(one.method, one.url.path.removeprefix("/api/v1"), one.content) for one in logged_in.requests]
        return [(method, path, json.loads(body or b"null")) for method, path, body in made if path != "/me"]

    return seen


def test_a_hold_is_placed_listed_and_lifted(asked: Any, gradecli: Any) -> None:
    done = gradecli("hold", "place", "--pset", "pset1", "--reason", "wrong data")
    assert done.exit_code == 0, done.output
    assert "Held: set pset1 in dl (hold 4)" in done.stdout
    body = {"reason": "wrong data", "pset": "pset1", "student": None}
    assert asked() == [("POST", "/courses/dl/holds", body)]
    listed = gradecli("hold", "list")
    assert "Iris" in listed.stdout
    assert "\u001b[2J" not in listed.stdout
    assert gradecli("hold", "lift", "4").exit_code == 0
    assert asked()[-1][:2] == ("POST", "/holds/4/lift")


@pytest.mark.parametrize(
    "wrong", [["--all", "--pset", "pset1"], ["--pset", "pset1", "--student", "ada@example.edu"]]
)
def test_a_hold_on_two_things_at_once_is_refused_here(asked: Any, gradecli: Any, wrong: list[str]) -> None:
    assert gradecli("hold", "place", "--reason", "x", *wrong).exit_code == 2
    assert asked() == []


def test_everything_is_held_by_its_own_address(asked: Any, gradecli: Any) -> None:
    assert "all grading" in gradecli("hold", "place", "--all", "--reason", "x").stdout
    assert asked() == [("POST", "/holds", {"reason": "x"})]


def test_jobs_shows_the_queue_and_the_evidence(asked: Any, gradecli: Any) -> None:
    shown = gradecli("jobs").stdout
    assert "3 waiting, 1 of them held; 1 being graded; 2 workers alive" in shown
    assert "no Docker engine answers" in shown
    assert "running" in shown
    assert "running" not in gradecli("jobs", "--parked").stdout
    assert json.loads(gradecli("jobs", "--json").stdout)["parked"][0]["submission"] == "abc"


def test_jobs_says_that_what_grading_needs_is_away(asked: Any, logged_in: Any, gradecli: Any) -> None:
    assert "outage" not in gradecli("jobs").stdout
    away = {"since": "2026-11-20T12:00:00Z", "submissions": 2, "detail": "no engine\u001b[2J"}
    answer = httpx2.Response(200, json=STANDING | {"outage": away})
    logged_in.override["GET", "/courses/dl/operations"] = answer
    shown = gradecli("jobs").stdout
    assert "what grading needs is away" in shown
    assert "no engine" in shown
    assert "\u001b[2J" not in shown


def test_a_course_is_told_to_supersede(asked: Any, gradecli: Any) -> None:
    assert "replaces" in gradecli("course", "set", "dl", "--supersede").stdout
    assert asked() == [("PATCH", "/courses/dl", {"supersede_queued": True})]


def test_quarantine_asks_for_a_reason(logged_in: Any, gradecli: Any) -> None:
    done = gradecli("quarantine", "abc")
    assert done.exit_code == 2
    assert "--reason" in done.stderr


@pytest.mark.parametrize(("state", "said"), [("superseded", "newer attempt"), ("quarantined", "set this")])
def test_a_student_reads_why_an_attempt_is_not_graded(
    logged_in: Any, gradecli: Any, make: Any, state: str, said: str
) -> None:
    assert gradecli("start", "pset1").exit_code == 0
    for file in ("linear.py", "softmax.py"):
        (Path("pset1") / file).write_text("x = 1\n")
    logged_in.streams = [lambda: make.stream(make.event("state", {"state": state, "message": ""}))]
    done = gradecli("submit", "pset1")
    assert done.exit_code == 1
    assert said in done.stderr
    logged_in.state = state
    looked = gradecli("feedback", "pset1")
    assert looked.exit_code == 1
    assert said in looked.stderr
    assert len(logged_in.submissions) == 1
    logged_in.state = "graded"
    again = gradecli("submit", "pset1")
    assert again.exit_code == 0, "what stays ungraded is not taken up again"
    assert len(logged_in.submissions) == 2

"""The commands that grade again: what is asked, what is shown, and what Ctrl-C leaves behind."""

from __future__ import annotations

import json
from typing import Any

import httpx2
import pytest

from gradecli.regrade_client import RegradeService

NONE = dict.fromkeys(("waiting", "rerun", "failed", "lower"), 0)
COUNTS = NONE | {"submissions": 2, "scored": 2, "changed": 1, "higher": 1}
REGRADE = {
    "id": 7,
    "course": "dl",
    "pset": "pset1",
    "kind": "replay",
    "package": "0" * 64,
    "reason": "the tolerance was \u001b[2Jwrong",
    "state": "ready",
    "requested_by": "Iris",
    "requested_at": "2026-11-20T12:00:00Z",
    "closed_by": None,
    "closed_at": None,
    "problem": None,
    "counts": COUNTS,
}
CHANGE = {
    "problem": "softmax",
    "check": "stable",
    "title": "Large logits stay finite",
    "before": "failed",
    "after": "passed",
    "points_before": 0.0,
    "points_after": 5.0,
    "sentence": True,
}
ITEM = {
    "submission": "abc",
    "student": {"id": 3, "name": "Ada"},
    "attempt": 2,
    "state": "scored",
    "before": 4.0,
    "after": 9.0,
    "changes": [CHANGE],
    "detail": None,
    "applied": False,
    "stale": False,
}
SAME = ITEM | {"submission": "def", "student": {"id": 4, "name": "Bob"}, "after": 4.0, "changes": []}
PREVIEW = {
    "regrade": REGRADE,
    "submissions": [ITEM, SAME],
    "grades": [{"student": {"id": 3, "name": "Ada"}, "before": 4.0, "after": 9.0}],
}
SET = "/courses/dl/psets/pset1/regrades"


def answer(body: Any, status: int = 200) -> httpx2.Response:
    return httpx2.Response(status, json=body)


@pytest.fixture
def asked(logged_in: Any) -> Any:
    """Answers to what these commands ask; called, it gives what changed something."""
    logged_in.override |= {
        ("POST", SET): answer(REGRADE, 201),
        ("GET", SET): answer([REGRADE]),
        ("GET", f"{SET}/7"): answer(PREVIEW),
        ("POST", f"{SET}/7/apply"): answer(REGRADE | {"state": "applied", "closed_by": "Iris"}),
        ("POST", f"{SET}/7/discard"): answer(REGRADE | {"state": "discarded", "closed_by": "Iris"}),
    }

    def seen() -> list[tuple[str, Any]]:
        made = [one for one in logged_in.requests if one.method == "POST"]
        return [(one.url.path.removeprefix("/api/v1"), json.loads(one.content or b"null")) for one in made]

    return seen


def test_a_set_is_replayed_and_what_would_change_is_shown(asked: Any, gradecli: Any) -> None:
    done = gradecli("replay", "pset1", "--reason", "a fix")
    assert done.exit_code == 0, done.output
    body = {"kind": "replay", "reason": "a fix", "submission": None, "package": "published"}
    assert asked() == [(SET, body)]
    assert "Regrade 7 of pset1: ready, 2 submissions, 1 higher, 0 lower" in done.stdout
    assert "Large logits stay finite: failed → passed" in done.stdout
    assert "Bob" not in done.stdout
    assert "gradecli regrade apply 7" in done.stderr


def test_running_again_is_another_kind(asked: Any, gradecli: Any) -> None:
    assert gradecli("regrade", "run", "pset1", "--reason", "a fix").exit_code == 0
    assert asked()[0][1]["kind"] == "rerun"


def test_apply_applies_what_is_ready(asked: Any, gradecli: Any) -> None:
    assert gradecli("replay", "pset1", "--reason", "a fix", "--apply").exit_code == 0
    assert [path for path, _ in asked()] == [SET, f"{SET}/7/apply"]


def test_without_a_name_every_set_is_graded_again(asked: Any, gradecli: Any, logged_in: Any) -> None:
    assert gradecli("replay", "--reason", "a fix").exit_code == 0
    assert [path for path, _ in asked()] == [SET]


@pytest.mark.parametrize(("status", "code"), [(422, "invalid_request"), (410, "removed")])
def test_a_set_with_nothing_to_grade_again_is_left_out_of_a_whole_course(
    asked: Any, gradecli: Any, logged_in: Any, status: int, code: str
) -> None:
    refusal = {"error": {"code": code, "message": "There is nothing to grade again."}}
    logged_in.override["POST", SET] = answer(refusal, status)
    alone = gradecli("replay", "--reason", "x")
    assert alone.exit_code != 0
    assert "pset1 is left out: There is nothing to grade again." in alone.stderr
    named = gradecli("replay", "pset1", "--reason", "x")
    assert named.exit_code == 5
    assert "nothing to grade again" in named.stderr


def test_json_is_all_of_it(asked: Any, gradecli: Any) -> None:
    done = gradecli("replay", "pset1", "--reason", "a fix", "--json")
    (preview,) = json.loads(done.stdout)
    assert [one["submission"] for one in preview["submissions"]] == ["abc", "def"]


def test_what_could_not_be_graded_again_ends_with_1(asked: Any, gradecli: Any, logged_in: Any) -> None:
    failed = ITEM | {"state": "failed", "after": None, "changes": [], "detail": "its files were removed"}
    counts = COUNTS | {"failed": 1, "scored": 1}
    preview = {"regrade": REGRADE | {"counts": counts}, "submissions": [failed], "grades": []}
    logged_in.override["GET", f"{SET}/7"] = answer(preview)
    done = gradecli("replay", "pset1", "--reason", "a fix")
    assert done.exit_code == 1
    assert "keeps its score: its files were removed" in done.stdout


def test_ctrl_c_leaves_the_preview_for_later(
    asked: Any, gradecli: Any, logged_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    logged_in.override["GET", f"{SET}/7"] = answer(PREVIEW | {"regrade": REGRADE | {"state": "running"}})

    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(RegradeService, "wait", interrupted)
    done = gradecli("replay", "pset1", "--reason", "a fix")
    assert done.exit_code == 130
    assert "gradecli regrade show 7" in done.stderr


def test_regrades_are_listed_shown_applied_and_discarded(asked: Any, gradecli: Any) -> None:
    listed = gradecli("regrade", "list")
    assert "pset1" in listed.stdout
    assert "\u001b" not in listed.stdout
    assert "Ada" in gradecli("regrade", "show", "7").stdout
    assert "Applied regrade 7" in gradecli("regrade", "apply", "7").stdout
    assert "No grade was changed" in gradecli("regrade", "discard", "7").stdout
    assert [path for path, _ in asked()] == [f"{SET}/7/apply", f"{SET}/7/discard"]


@pytest.mark.parametrize("command", ["show", "apply", "discard"])
def test_an_unknown_number_is_told(asked: Any, gradecli: Any, command: str) -> None:
    done = gradecli("regrade", command, "99")
    assert done.exit_code == 1
    assert "gradecli regrade list" in done.stderr
    assert asked() == []


def test_neither_a_set_nor_a_submission_is_told(asked: Any, gradecli: Any) -> None:
    done = gradecli("replay", "psetx", "--reason", "a fix")
    assert done.exit_code == 2
    assert "neither a published set nor a submission" in done.stderr

"""Starting a set and handing it in, whatever happens on the way."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx2
import pytest

from gradecli.home import Home


@pytest.fixture
def folder(logged_in: Any, gradecli: Any) -> Path:
    """A started ``pset1`` with one file worked on."""
    assert gradecli("start", "pset1").exit_code == 0
    Path("pset1/linear.py").write_text("def forward(x):\n    return x\n")
    Path("pset1/diary.txt").write_text("private")
    return Path("pset1")


def receipts(home: Home) -> list[dict[str, Any]]:
    return [json.loads(path.read_text()) for path in sorted(home.folder.glob("receipts/*/*/*.json"))]


def kept(home: Home) -> list[dict[str, Any]]:
    return [json.loads(path.read_text()) for path in home.outbox.glob("*.json")]


# -- start -------------------------------------------------------------------------------------


def test_start_makes_the_folder_and_says_what_next(logged_in: Any, gradecli: Any, make: Any) -> None:
    done = gradecli("start", "pset1")
    assert done.exit_code == 0
    assert "gradecli check pset1" in done.stdout
    assert Path("pset1/linear.py").read_text() == make.handout["pset1/linear.py"]


def test_starting_again_keeps_work_and_says_so(
    folder: Path, logged_in: Any, gradecli: Any, make: Any
) -> None:
    logged_in.handout = make.zip(make.handout | {"pset1/linear.py": "new", "pset1/softmax.py": "new"})
    done = gradecli("start", "pset1")
    assert "Kept as they are, because you changed them: linear.py." in done.stderr
    assert (folder / "linear.py").read_text().startswith("def forward")
    assert (folder / "softmax.py").read_text() == "new"
    forced = gradecli("start", "pset1", "--force")
    assert "Replaced linear.py; your version is now linear.py.mine-1." in forced.stderr
    assert (folder / "linear.py").read_text() == "new"


def test_starting_again_inside_the_folder_does_not_nest(
    folder: Path, gradecli: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    assert gradecli("start", "pset1").exit_code == 0
    assert not Path("pset1").exists()


@pytest.mark.parametrize("name", ["../evil", "/etc", "pset1/..", "", ".", "..", "a\x1bb", "-x"])
def test_a_name_that_is_a_path_is_refused(logged_in: Any, gradecli: Any, name: str) -> None:
    done = gradecli("start", "--", name)
    assert done.exit_code == 2
    assert list(Path().iterdir()) == []


def test_an_unknown_set_names_those_there_are(logged_in: Any, gradecli: Any) -> None:
    done = gradecli("start", "pset9")
    assert done.exit_code == 5
    assert "There is no problem set called pset9 in this course. There are: pset1." in done.stderr


@pytest.mark.parametrize(
    "evil",
    [{"pset1/../../evil.py": "x"}, {"/tmp/evil.py": "x"}, {"pset1/A": "x", "pset1/a": "x"}, {"other/x": "x"}],
)
def test_a_hostile_handout_writes_nothing(
    logged_in: Any, gradecli: Any, make: Any, evil: dict[str, str]
) -> None:
    logged_in.handout = make.zip(make.handout | evil)
    done = gradecli("start", "pset1")
    assert done.exit_code == 3
    assert "nothing was written" in done.stderr
    assert list(Path().iterdir()) == []
    assert not Path("../evil.py").exists()


# -- submit ------------------------------------------------------------------------------------


def test_a_submission_is_sent_followed_and_shown(
    folder: Path, logged_in: Any, gradecli: Any, home: Home, make: Any
) -> None:
    check = {"problem": "linear", "index": 1, "total": 2, "check": make.check()}
    logged_in.streams = [
        lambda: make.stream(
            make.event("state", {"state": "queued", "queue_position": 3}),
            make.event("state", {"state": "running", "problem": "linear", "index": 1, "total": 2}),
            make.event("check", check),
            make.event("report", logged_in.report),
        )
    ]
    done = gradecli("submit", "pset1")
    assert done.exit_code == 0
    assert done.stdout == (
        "pset1: Backprop by hand\n"
        "\n"
        "linear: A linear layer  2/4 points\n"
        "  passed            2/2  The shape is right\n"
        "  failed            0/2  The gradient is right\n"
        "                         dW is off.\n"
        "\n"
        "Total: 2/4 points\n"
    )
    progress = done.stderr.splitlines()
    assert progress[0] == "softmax.py is still exactly what you were given. Did you save your work?"
    assert progress[1].startswith("Received: pset1, attempt 1, ")
    assert progress[2].startswith("Receipt, signed by the server")
    assert progress[3].startswith("  ")
    assert progress[4:] == [
        "waiting: 2 before you",
        "grading linear (problem 1 of 2)",
    ]
    assert [receipt["receipt"] for receipt in receipts(home)] == ["signed-1"]
    assert kept(home) == []


def test_only_the_sets_files_are_sent_byte_for_byte(folder: Path, logged_in: Any, gradecli: Any) -> None:
    (folder / "linear.py").write_bytes(b"x = 1\r\n# \xc3\xa9\n")
    gradecli("submit", "pset1")
    (sent,) = logged_in.submissions.values()
    assert set(sent["files"]) == {"linear.py", "softmax.py"}
    assert sent["files"]["linear.py"] == b"x = 1\r\n# \xc3\xa9\n"


def test_from_inside_the_folder_a_path_a_zip_or_one_file(
    folder: Path, logged_in: Any, gradecli: Any, make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("hw.zip").write_bytes(make.zip({"hw/linear.py": "z"}))
    assert gradecli("submit", "pset1", "hw.zip").exit_code == 0
    one = gradecli("submit", "pset1", "pset1/linear.py")
    assert "softmax.py is not there, so its checks will be skipped" in one.stderr
    monkeypatch.chdir(folder)
    assert gradecli("submit", "pset1").exit_code == 0
    assert gradecli("submit").exit_code == 0
    assert [set(one["files"]) for one in logged_in.submissions.values()] == [
        {"hw.zip"},
        {"linear.py"},
        {"linear.py", "softmax.py"},
        {"linear.py", "softmax.py"},
    ]


def notebook(source: str, *tags: str) -> bytes:
    cell = {"cell_type": "code", "metadata": {"tags": tags}, "source": source, "outputs": []}
    return json.dumps({"nbformat": 4, "metadata": {}, "cells": [cell]}).encode()


def test_a_notebook_in_the_folder_is_sent_in_place_of_the_untouched_starter(
    folder: Path, logged_in: Any, gradecli: Any
) -> None:
    work = notebook("def softmax(x):\n    return x", "softmax")
    (folder / "work.ipynb").write_bytes(work)
    (folder / "scratch.ipynb").write_bytes(notebook("plot()"))
    done = gradecli("submit", "pset1")
    assert done.exit_code == 0, done.stderr
    assert "still exactly what you were given" not in done.stderr
    (sent,) = logged_in.submissions.values()
    assert set(sent["files"]) == {"linear.py", "work.ipynb"}
    assert sent["files"]["work.ipynb"] == work


def test_a_notebook_beside_a_changed_file_for_the_same_problem_is_not_guessed_about(
    folder: Path, logged_in: Any, gradecli: Any
) -> None:
    (folder / "work.ipynb").write_bytes(notebook("x = 1", "linear"))
    failed = gradecli("submit", "pset1")
    assert failed.exit_code == 2
    assert "linear is handed in twice, by linear.py and by work.ipynb: keep one of them." in failed.stderr
    assert logged_in.submissions == {}
    assert gradecli("submit", "pset1", "pset1/work.ipynb").exit_code == 0
    assert [set(one["files"]) for one in logged_in.submissions.values()] == [{"work.ipynb"}]


def test_what_cannot_be_taken_is_told_before_anything_is_sent_or_kept(
    folder: Path, logged_in: Any, gradecli: Any, home: Any
) -> None:
    (folder / "softmax.ipynb").write_bytes(notebook("!pip install torch", "submit"))
    failed = gradecli("submit", "pset1")
    assert failed.exit_code == 2
    assert "Cell 1, line 1 of softmax.ipynb is “!pip install torch”" in failed.stderr
    assert logged_in.submissions == {}
    assert kept(home) == []


def test_the_folder_knows_its_course(folder: Path, logged_in: Any, gradecli: Any) -> None:
    logged_in.me["enrolments"].append({"course": "ml", "title": "ML", "role": "student"})
    assert gradecli("submit", "pset1").exit_code == 0
    assert any(
        request.url.path.endswith("/courses/dl/psets/pset1/submissions") for request in logged_in.requests
    )


def test_json_is_the_report_and_nothing_else(folder: Path, gradecli: Any) -> None:
    assert json.loads(gradecli("submit", "pset1", "--json").stdout)["score"] == 2.0


def test_a_server_that_is_down_costs_nothing_and_resuming_sends_once(
    folder: Path, logged_in: Any, gradecli: Any, home: Home
) -> None:
    path = "/api/v1/courses/dl/psets/pset1/submissions"
    logged_in.override["POST", "/courses/dl/psets/pset1/submissions"] = httpx2.Response(503)
    done = gradecli("submit", "pset1")
    assert (done.exit_code, done.stdout) == (3, "")
    assert "kept on this machine, and nothing is lost" in done.stderr
    assert "gradecli submit pset1" in done.stderr
    (waiting,) = kept(home)
    logged_in.override.clear()
    again = gradecli("submit", "pset1")
    assert again.exit_code == 0
    assert "Sending again what could not be sent" in again.stderr
    keys = {r.headers["Idempotency-Key"] for r in logged_in.requests if r.url.path == path}
    assert keys == {waiting["key"]} == set(logged_in.submissions)
    assert kept(home) == []


def test_with_no_server_at_all_the_submission_is_kept_and_sent_once_later(
    folder: Path, logged_in: Any, gradecli: Any, home: Home
) -> None:
    logged_in.down = True
    for _ in range(2):
        done = gradecli("submit", "pset1")
        assert (done.exit_code, done.stdout) == (3, "")
        assert "no connection to https://grade.example.edu" in done.stderr
        assert "It is kept on this machine, and nothing is lost." in done.stderr
    (waiting,) = kept(home)
    logged_in.down = False
    done = gradecli("submit")
    assert done.exit_code == 0
    assert "Sending again what could not be sent" in done.stderr
    assert list(logged_in.submissions) == [waiting["key"]]
    assert kept(home) == []


def test_with_no_server_and_a_zip_it_does_not_claim_to_have_kept_anything(
    logged_in: Any, gradecli: Any, home: Home, make: Any
) -> None:
    Path("hw.zip").write_bytes(make.zip({"linear.py": "z"}))
    logged_in.down = True
    done = gradecli("submit", "pset1", "hw.zip")
    assert done.exit_code == 3
    assert "your files are as they were" in done.stderr
    assert kept(home) == []


def test_a_connection_that_breaks_after_the_server_took_it_makes_one_submission(
    folder: Path, logged_in: Any, gradecli: Any, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole_answer = logged_in._answer

    def lose(request: httpx2.Request) -> httpx2.Response:
        answer = whole_answer(request)
        if request.method == "POST":
            raise httpx2.ReadError("connection reset")
        return answer

    monkeypatch.setattr(logged_in, "_answer", lose)
    done = gradecli("submit", "pset1")
    assert done.exit_code == 3
    assert "may or may not have your submission" in done.stderr
    assert "cannot count twice" in done.stderr
    monkeypatch.setattr(logged_in, "_answer", whole_answer)
    assert gradecli("submit", "pset1").exit_code == 0
    assert len(logged_in.submissions) == 1
    assert len(receipts(home)) == 1


def test_a_server_that_dies_while_grading_is_taken_up_again(
    folder: Path, logged_in: Any, gradecli: Any, home: Home, make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gradecli.following._LONGEST_SILENCE", -1.0)
    logged_in.streams = [lambda: make.stream(make.event("state", {"state": "running"}), cut=True)]
    done = gradecli("submit", "pset1")
    assert done.exit_code == 3
    assert "The server has your submission (s1)" in done.stderr
    assert kept(home)[0]["submission_id"] == "s1"
    logged_in.down = True
    offline = gradecli("submit", "pset1")
    assert offline.exit_code == 3
    assert "The server has this submission already (s1), and nothing is lost." in offline.stderr
    logged_in.down = False
    again = gradecli("submit", "pset1")
    assert again.exit_code == 0
    assert "Submission s1 is already on the server" in again.stderr
    assert "Total: 2/4 points" in again.stdout
    assert len(logged_in.submissions) == 1
    assert kept(home) == []


def test_a_short_break_is_bridged(folder: Path, logged_in: Any, gradecli: Any, make: Any) -> None:
    logged_in.state = "running"
    logged_in.streams = [
        lambda: make.stream(make.event("state", {"state": "running"}), cut=True),
        lambda: httpx2.Response(502),
        lambda: make.stream(make.event("state", {"state": "queued"})),
    ]
    done = gradecli("submit", "pset1")
    assert done.exit_code == 0
    assert "the connection broke; trying again" in done.stderr


def test_a_network_that_lets_no_events_through_still_gets_its_report(
    folder: Path, logged_in: Any, gradecli: Any
) -> None:
    logged_in.streams = [lambda: httpx2.Response(502)]
    done = gradecli("submit", "pset1")
    assert (done.exit_code, logged_in.streams) == (0, [])
    assert "Total: 2/4 points" in done.stdout


def test_changed_files_are_a_new_submission(folder: Path, logged_in: Any, gradecli: Any, home: Home) -> None:
    logged_in.override["POST", "/courses/dl/psets/pset1/submissions"] = httpx2.Response(503)
    gradecli("submit", "pset1")
    first = kept(home)[0]["key"]
    (folder / "linear.py").write_text("better = True\n")
    logged_in.override.clear()
    done = gradecli("submit", "pset1")
    assert "Your files changed since" in done.stderr
    assert [one["files"]["linear.py"] for one in logged_in.submissions.values()] == [b"better = True\n"]
    assert first not in logged_in.submissions


def test_handing_in_the_same_files_again_once_graded_is_a_new_attempt(
    folder: Path, logged_in: Any, gradecli: Any
) -> None:
    gradecli("submit", "pset1")
    gradecli("submit", "pset1")
    assert len(logged_in.submissions) == 2


def test_two_people_on_one_machine_never_take_up_each_others(
    folder: Path, logged_in: Any, gradecli: Any, home: Home
) -> None:
    logged_in.override["POST", "/courses/dl/psets/pset1/submissions"] = httpx2.Response(503)
    gradecli("submit", "pset1")
    logged_in.override.clear()
    logged_in.me["id"] = 8
    done = gradecli("submit", "pset1")
    assert "Sending again" not in done.stderr
    assert len(kept(home)) == 1


@pytest.mark.parametrize(
    ("status", "code"), [(422, "not_python"), (413, "too_large"), (403, "past_due"), (404, "x")]
)
def test_what_the_server_refuses_is_said_and_not_kept(
    folder: Path, logged_in: Any, gradecli: Any, home: Home, status: int, code: str
) -> None:
    logged_in.refuse_submissions = (status, code, "linear.py, line 3: this is not Python.")
    done = gradecli("submit", "pset1")
    assert (done.exit_code, done.stdout) == (5, "")
    assert "linear.py, line 3: this is not Python." in done.stderr
    assert kept(home) == []


def test_past_due_after_the_server_was_down_keeps_the_evidence(
    folder: Path, logged_in: Any, gradecli: Any, home: Home
) -> None:
    logged_in.override["POST", "/courses/dl/psets/pset1/submissions"] = httpx2.Response(503)
    gradecli("submit", "pset1")
    logged_in.override.clear()
    logged_in.refuse_submissions = (403, "past_due", "pset1 was due at noon.")
    done = gradecli("submit", "pset1")
    assert done.exit_code == 5
    assert "show it to your instructor" in done.stderr
    assert len(kept(home)) == 1


def test_too_many_submissions_is_kept_for_later(
    folder: Path, logged_in: Any, gradecli: Any, home: Home
) -> None:
    logged_in.refuse_submissions = (429, "too_many", "You have 5 submissions waiting.")
    done = gradecli("submit", "pset1")
    assert done.exit_code == 5
    assert "kept on this machine" in done.stderr
    assert len(kept(home)) == 1


def test_a_platform_failure_is_never_called_the_students(
    folder: Path, logged_in: Any, gradecli: Any, home: Home, make: Any
) -> None:
    logged_in.streams = [lambda: make.stream(make.event("incident", {"message": "The sandbox is broken."}))]
    done = gradecli("submit", "pset1")
    assert (done.exit_code, done.stdout) == (3, "")
    assert "The sandbox is broken." in done.stderr
    assert "not your code's fault and costs you nothing" in done.stderr
    assert kept(home) == []


def test_ctrl_c_while_grading_says_where_to_look(
    folder: Path, logged_in: Any, gradecli: Any, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("gradecli.submitting.follow", interrupt)
    done = gradecli("submit", "pset1")
    assert done.exit_code == 130
    assert "gradecli feedback s1" in done.stderr
    assert kept(home)[0]["submission_id"] == "s1"


def test_hostile_text_from_the_server_does_nothing_to_the_terminal(
    folder: Path, logged_in: Any, gradecli: Any, make: Any
) -> None:
    evil = "\x1b[2J\x1b]0;x\x07\u202e[red]\nTotal: 100/100 points\n"
    hostile = make.check(evil, verdict="failed", score=0.0, message=evil, detail=evil + "2", printed=evil)
    logged_in.report = make.report(hostile, title=evil)
    done = gradecli("submit", "pset1")
    assert not any(character in done.output for character in "\x1b\x07\u202e")
    assert [line for line in done.stdout.splitlines() if line.startswith("Total")] == ["Total: 0/2 points"]
    assert "[red]" in done.stdout


def test_an_unknown_set_or_an_empty_folder_sends_nothing(logged_in: Any, gradecli: Any) -> None:
    Path("pset1").mkdir()
    empty = gradecli("submit", "pset1")
    assert empty.exit_code == 2
    assert "None of this set's files is in pset1" in empty.stderr
    Path("pset9").mkdir()
    assert gradecli("submit", "pset9").exit_code == 5
    assert gradecli("submit", "pset7").exit_code == 2
    assert logged_in.submissions == {}

"""Logging in and out."""

from __future__ import annotations

from typing import Any

import pytest

from gradecli.home import Home


def test_a_good_token_is_kept(server: Any, gradecli: Any, home: Home, make: Any) -> None:
    done = gradecli("login", make.url, "--token", make.token)
    assert (done.exit_code, done.stderr) == (0, "")
    assert (
        done.stdout
        == "Logged in to https://grade.example.edu as Ada (ada@example.edu).\n  dl: Deep Learning, student\n"
    )
    assert home.credentials().token == make.token


def test_the_token_is_asked_for_and_not_shown(server: Any, gradecli: Any, home: Home, make: Any) -> None:
    done = gradecli("login", make.url, input=f"  {make.token}\n")
    assert done.exit_code == 0
    assert make.token not in done.output
    assert home.credentials().token == make.token


def test_a_bad_token_leaves_the_old_log_in(logged_in: Any, gradecli: Any, home: Home, make: Any) -> None:
    done = gradecli("login", make.url, "--token", "wrong")
    assert done.exit_code == 4
    assert "This token is not known here." in done.stderr
    assert home.credentials().token == make.token


@pytest.mark.parametrize("token", ["", "two words", "caf\u00e9", "a\x1bb", "x" * 600])
def test_what_cannot_be_a_token_is_not_sent(server: Any, gradecli: Any, make: Any, token: str) -> None:
    done = gradecli("login", make.url, "--token", token)
    assert done.exit_code == 2
    assert "does not look like a token" in done.stderr
    assert server.requests == []


def test_a_usual_course_can_be_chosen_later(logged_in: Any, gradecli: Any, home: Home) -> None:
    logged_in.me["enrolments"].append({"course": "ml", "title": "ML", "role": "grader"})
    ambiguous = gradecli("psets")
    assert ambiguous.exit_code == 2
    assert "several courses: dl, ml" in ambiguous.stderr
    done = gradecli("login", "--course", "ml")
    assert (done.exit_code, home.credentials().course) == (0, "ml")
    assert "ml: ML, grader (your usual course)" in done.stdout
    assert gradecli("psets").exit_code == 0
    assert gradecli("login", "--course", "other").exit_code == 2
    assert home.credentials().course == "ml"


def test_logging_in_again_keeps_the_usual_course_only_of_the_same_person(
    logged_in: Any, gradecli: Any, home: Home, make: Any
) -> None:
    logged_in.me["enrolments"].append({"course": "ml", "title": "ML", "role": "grader"})
    again = ("login", make.url, "--token", make.token)
    gradecli(*again, "--course", "ml")
    gradecli(*again)
    assert home.credentials().course == "ml"
    logged_in.me["enrolments"].pop()
    gradecli(*again)
    assert home.credentials().course is None
    gradecli(*again, "--course", "dl")
    logged_in.me["id"] = 8
    gradecli(*again)
    assert home.credentials().course is None


def test_a_token_is_never_in_what_python_shows(logged_in: Any, home: Home, make: Any) -> None:
    assert make.token not in repr(home.credentials())


def test_an_address_in_the_open_is_pointed_out(server: Any, gradecli: Any, make: Any) -> None:
    assert (
        "can read your token" in gradecli("login", "http://grade.example.edu", "--token", make.token).stderr
    )
    assert "can read" not in gradecli("login", "http://127.0.0.1:8000", "--token", make.token).stderr


def test_no_course_yet_says_whom_to_ask(server: Any, gradecli: Any, make: Any) -> None:
    server.me["enrolments"] = []
    done = gradecli("login", make.url, "--token", make.token)
    assert done.exit_code == 0
    assert "Ask your instructor to add ada@example.edu" in done.stderr


def test_logging_out_forgets_the_token(logged_in: Any, gradecli: Any, home: Home) -> None:
    assert gradecli("logout").stdout.startswith("Logged out.")
    assert not (home.folder / "credentials.json").exists()
    assert gradecli("logout").stdout == "You were not logged in; nothing changed.\n"


@pytest.mark.parametrize("command", [["psets"], ["scores"], ["feedback"], ["start", "pset1"], ["gradebook"]])
def test_without_a_log_in_each_command_says_how(server: Any, gradecli: Any, command: list[str]) -> None:
    done = gradecli(*command)
    assert (done.exit_code, done.stdout) == (4, "")
    assert "gradecli login URL" in done.stderr

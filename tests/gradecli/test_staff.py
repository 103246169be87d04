"""Courses, publishing, the roster, the gradebook."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import httpx2
import pytest

from gradecli.course_admin import parse_due
from gradecli.errors import BadInputError

ROSTER = {
    "added": [
        {"name": "=HYPERLINK(1)", "email": "eve@example.edu", "role": "student", "token": "tok-1"},
        {"name": "Grace", "email": "grace@example.edu", "role": "grader", "token": None},
    ],
    "changed": [{"name": "Alan", "email": "alan@example.edu", "role": "instructor"}],
    "unchanged": [],
    "rejected": [{"line": 4, "reason": "there is no e-mail address"}],
}
BOOK = {
    "psets": [
        {"name": "pset1", "title": "Backprop", "max_score": 10.0},
        {"name": "pset2", "title": "x", "max_score": 5.0},
    ],
    "rows": [
        {
            "student": {"id": 7, "name": "Ada\x1b[2J", "email": "ada@example.edu"},
            "scores": {"pset1": {"score": 9.5, "submission_id": "s1", "attempts": 2}, "pset2": None},
            "total": 9.5,
        },
        {
            "student": {"id": 8, "name": "Bob", "email": "bob@example.edu"},
            "scores": {"pset1": {"score": None, "submission_id": None, "attempts": 1}, "pset2": None},
            "total": 0.0,
        },
    ],
}


def sent(server: Any, method: str, path: str) -> httpx2.Request:
    (found,) = [r for r in server.requests if r.method == method and r.url.path == f"/api/v1{path}"]
    assert isinstance(found, httpx2.Request)
    return found


def test_creating_a_course_says_what_next(logged_in: Any, gradecli: Any) -> None:
    logged_in.override["POST", "/courses"] = httpx2.Response(201, json={"name": "ml", "title": "ML"})
    done = gradecli("course", "create", "ml", "--title", "ML")
    assert done.exit_code == 0
    assert "gradecli roster import FILE" in done.stdout
    assert "usual course" in done.stdout
    assert json.loads(sent(logged_in, "POST", "/courses").read()) == {"name": "ml", "title": "ML"}


def test_publishing_sends_the_due_date_with_its_zone(logged_in: Any, gradecli: Any) -> None:
    logged_in.override["PUT", "/courses/dl/psets/pset1"] = httpx2.Response(200, json=logged_in.psets[0])
    done = gradecli("publish", "pset1", "--due", "2031-01-01T12:00:00+00:00")
    assert done.exit_code == 0
    assert "Published pset1 in dl: Backprop by hand" in done.stdout
    body = json.loads(sent(logged_in, "PUT", "/courses/dl/psets/pset1").read())
    assert body == {"due_at": "2031-01-01T12:00:00+00:00"}


@pytest.mark.parametrize(("due", "sent_due"), [([], "2031-01-01T12:00:00+00:00"), (["--due", "none"], None)])
def test_publishing_again_keeps_the_due_date_unless_told(
    logged_in: Any, gradecli: Any, due: list[str], sent_due: str | None
) -> None:
    logged_in.override["PUT", "/courses/dl/psets/pset1"] = httpx2.Response(200, json=logged_in.psets[0])
    assert gradecli("publish", "pset1", *due).exit_code == 0
    assert json.loads(sent(logged_in, "PUT", "/courses/dl/psets/pset1").read()) == {"due_at": sent_due}


def test_a_broken_package_is_explained_by_the_server(logged_in: Any, gradecli: Any, make: Any) -> None:
    logged_in.override["PUT", "/courses/dl/psets/pset1"] = make.refusal(
        422, "bad_package", "problem.toml: no title"
    )
    done = gradecli("publish", "pset1")
    assert done.exit_code == 5
    assert "problem.toml: no title" in done.stderr


def test_due_dates_as_people_write_them() -> None:
    assert parse_due("2031-01-01T12:00Z").isoformat() == "2031-01-01T12:00:00+00:00"
    assert parse_due("2031-01-01T12:00").tzinfo is not None
    whole_day = parse_due(" 2031-01-01 ")
    assert (whole_day.hour, whole_day.minute, whole_day.second) == (23, 59, 59)
    for wrong in ("tomorrow", "", "01/02/2031", "2031-13-01"):
        with pytest.raises(BadInputError, match="is not a date"):
            parse_due(wrong)


@pytest.fixture
def roster(logged_in: Any) -> Path:
    logged_in.override["POST", "/courses/dl/roster"] = httpx2.Response(200, json=ROSTER)
    path = Path("roster.csv")
    path.write_bytes("name,email,role\nZoë,zoe@example.edu,student\n".encode())
    return path


def test_an_imported_roster_shows_tokens_once_and_what_was_rejected(
    logged_in: Any, gradecli: Any, roster: Path
) -> None:
    done = gradecli("roster", "import", str(roster))
    assert done.exit_code == 1
    assert "tok-1" in done.stdout
    assert "Added Grace (grace@example.edu), who has a token already." in done.stdout
    assert "Alan (alan@example.edu) is now instructor." in done.stdout
    assert "2 added, 1 changed, 0 unchanged, 1 rejected." in done.stdout
    assert "Line 4 was not imported: there is no e-mail address" in done.stderr
    request = sent(logged_in, "POST", "/courses/dl/roster")
    assert request.headers["Content-Type"].startswith("text/csv")
    assert request.read() == roster.read_bytes()


def test_tokens_can_go_into_a_private_file_that_no_spreadsheet_computes(
    logged_in: Any, gradecli: Any, roster: Path
) -> None:
    done = gradecli("roster", "import", str(roster), "--tokens", "tokens.csv")
    assert "tok-1" not in done.output
    assert "'=HYPERLINK(1),eve@example.edu,student,tok-1" in Path("tokens.csv").read_text()
    if os.name == "posix":
        assert Path("tokens.csv").stat().st_mode & 0o777 == 0o600


def test_a_file_of_tokens_is_never_overwritten(logged_in: Any, gradecli: Any, roster: Path) -> None:
    Path("tokens.csv").write_text("precious")
    assert gradecli("roster", "import", str(roster), "--tokens", "tokens.csv").exit_code == 2
    assert Path("tokens.csv").read_text() == "precious"
    assert not any(request.method == "POST" for request in logged_in.requests)


def test_a_refused_import_leaves_no_empty_file_of_tokens(
    logged_in: Any, gradecli: Any, roster: Path, make: Any
) -> None:
    logged_in.override["POST", "/courses/dl/roster"] = make.refusal(
        403, "not_allowed", "Only instructors may."
    )
    assert gradecli("roster", "import", str(roster), "--tokens", "tokens.csv").exit_code == 5
    assert not Path("tokens.csv").exists()


def test_no_such_roster_file(logged_in: Any, gradecli: Any) -> None:
    done = gradecli("roster", "import", "nowhere.csv")
    assert done.exit_code == 2
    assert "columns name,email,role" in done.stderr


def test_the_gradebook_is_a_table(logged_in: Any, gradecli: Any) -> None:
    logged_in.override["GET", "/courses/dl/gradebook"] = httpx2.Response(200, json=BOOK)
    assert gradecli("gradebook").stdout == (
        "student  email            pset1  pset2  total\n"
        "Ada      ada@example.edu    9.5      -    9.5\n"
        "Bob      bob@example.edu      ?      -      0\n"
        "\n2 students, 15 points at most\n"
    )
    assert json.loads(gradecli("gradebook", "--json").stdout)["rows"][0]["total"] == 9.5


def test_the_gradebooks_csv_is_the_servers_byte_for_byte(logged_in: Any, gradecli: Any) -> None:
    content = b"name,total\r\n'=1+1,3\r\n"
    logged_in.override["GET", "/courses/dl/gradebook.csv"] = httpx2.Response(200, content=content)
    assert gradecli("gradebook", "--csv", "grades.csv").exit_code == 0
    assert Path("grades.csv").read_bytes() == content

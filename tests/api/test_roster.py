"""Importing a roster."""

from __future__ import annotations

import pytest


def _import(school, text, who="iris"):
    content = text if isinstance(text, bytes) else text.encode()
    return school.call(
        who, "POST", "/courses/dl/roster", content=content, headers={"Content-Type": "text/csv"}
    )


def test_new_people_get_a_token_that_works(school):
    body = _import(school, "name,email,role\nZoë Müller,Zoe@Example.org,student\n").json()
    (added,) = body["added"]
    assert (added["name"], added["email"], added["role"]) == ("Zoë Müller", "zoe@example.org", "student")
    school.tokens["zoe"] = added["token"]
    me = school.get("zoe", "/me").json()
    assert me["enrolments"] == [
        {"course": "dl", "title": "Deep learning", "role": "student", "section": None}
    ]


def test_importing_again_changes_nothing(school):
    text = "name,email,role\nZoe,zoe@example.org,student\n"
    _import(school, text)
    body = _import(school, text).json()
    assert body["added"] == body["changed"] == body["rejected"] == []
    assert body["unchanged"] == [
        {"name": "Zoe", "email": "zoe@example.org", "role": "student", "section": None}
    ]


def test_an_account_cannot_be_taken_over(school):
    body = _import(
        school, "name,email,role\nMallory,eve@example.org,student\nM,admin@localhost,student\n"
    ).json()
    assert [(one["name"], one["token"]) for one in body["added"]] == [("Eve", None), ("Administrator", None)]
    assert school.get("eve", "/me").json()["name"] == "Eve"


def test_a_role_can_change_but_not_ones_own(school):
    body = _import(
        school, "name,email,role\nTess,tess@example.org,instructor\nIris,iris@example.org,student\n"
    ).json()
    assert [one["email"] for one in body["changed"]] == ["tess@example.org"]
    assert body["rejected"] == [{"line": 3, "reason": "this is you: somebody else must change your role"}]
    assert school.get("tess", "/me").json()["enrolments"][0]["role"] == "instructor"


def test_columns_in_any_order_and_spreadsheet_habits_are_read(school):
    text = '\ufeffRole, Email ,NAME\r\nstudent, x@example.org ,"Last, First"\r\n\r\n,,\r\n'
    (added,) = _import(school, text).json()["added"]
    assert (added["name"], added["email"]) == ("Last, First", "x@example.org")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("A,a@example.org", "2 columns"),
        ("A,a@example.org,student,x", "4 columns"),
        (",a@example.org,student", "name"),
        ("A\x1b[31m,a@example.org,student", "name"),
        ("A\u202eB,a@example.org,student", "name"),
        ("N" * 201 + ",a@example.org,student", "name"),
        ("A,not-an-address,student", "e-mail"),
        ("A,=cmd@example.org,student", "e-mail"),
        ("A,a@exa mple.org,student", "e-mail"),
        ("A,a@example.org,admin", "role"),
        ("A,a@example.org,", "role"),
    ],
)
def test_a_line_that_cannot_be_right_is_named(school, line, reason):
    body = _import(school, f"name,email,role\nGood,good@example.org,student\n{line}\n").json()
    assert [one["email"] for one in body["added"]] == ["good@example.org"]
    (rejected,) = body["rejected"]
    assert rejected["line"] == 3
    assert reason in rejected["reason"]


def test_an_address_twice_is_named(school):
    body = _import(school, "name,email,role\nA,a@example.org,student\nB,A@example.org,grader\n").json()
    assert len(body["added"]) == 1
    assert "twice" in body["rejected"][0]["reason"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"email,role\n",
        b"Ada,ada@example.org,student\n",
        b"\xff\xfe",
        b'name,email,role\n"' + b"x" * 200_000,
    ],
)
def test_what_is_no_roster_is_refused(school, content):
    answer = _import(school, content)
    assert answer.status_code == 422


def test_a_huge_roster_is_refused(school):
    assert _import(school, b"x" * 600_000).status_code == 413
    lines = "".join(f"P,p{number}@example.org,student\n" for number in range(5001))
    answer = _import(school, "name,email,role\n" + lines)
    assert answer.status_code == 422
    assert "in parts" in answer.json()["error"]["message"]


def test_a_column_of_sections_is_read_and_without_it_they_stay(school):
    text = "name,email,role,section\nZoe,zoe@example.org,student,Mon 10\n"
    assert _import(school, text).json()["added"][0]["section"] == "Mon 10"
    body = _import(school, "name,email,role\nZoe,zoe@example.org,student\n").json()
    assert [one["section"] for one in body["unchanged"]] == ["Mon 10"]
    body = _import(school, "name,email,role,section\nZoe,zoe@example.org,student,\n").json()
    assert [one["section"] for one in body["changed"]] == [None]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("A,a@example.org,student," + "S" * 51, "section"),
        ("A,a@example.org,student,\u202eA", "section"),
        ("A,a@example.org,instructor,A", "all sections"),
        ("A,a@example.org,student", "3 columns instead of 4"),
        ("Iris,iris@example.org,grader,A", "this is you"),
    ],
)
def test_a_section_that_cannot_be_right_is_named(school, line, reason):
    (rejected,) = _import(school, f"name,email,role,section\n{line}\n").json()["rejected"]
    assert reason in rejected["reason"]


def test_an_instructor_who_was_a_grader_of_a_section_belongs_to_all(school):
    _import(school, "name,email,role,section\nTess,tess@example.org,grader,A\n")
    (changed,) = _import(school, "name,email,role\nTess,tess@example.org,instructor\n").json()["changed"]
    assert changed["section"] is None

"""Who may do what, beyond the matrix of every role on every route."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("suffix", ["", "/report", "/events"])
def test_anothers_submission_answers_like_a_missing_one(open_school, suffix):
    submission = open_school.submit("ada")
    open_school.grade()
    anothers = open_school.get("bob", f"/submissions/{submission}{suffix}")
    missing = open_school.get("bob", f"/submissions/{'0' * 16}{suffix}")
    assert anothers.status_code == missing.status_code == 404
    assert anothers.content == missing.content


def test_anothers_course_answers_like_a_missing_one(school):
    anothers = school.get("eve", "/courses/dl/psets")
    missing = school.get("eve", "/courses/none/psets")
    assert anothers.content == missing.content


def test_students_list_only_their_own_whatever_they_ask_for(open_school, user_id):
    mine, theirs = open_school.submit("ada"), open_school.submit("bob")
    listed = open_school.get("ada", "/courses/dl/submissions").json()
    assert [one["id"] for one in listed] == [mine]
    asked = open_school.get("ada", f"/courses/dl/submissions?student={user_id('bob')}&pset=pset1").json()
    assert asked == []
    everybodys = open_school.get("tess", "/courses/dl/submissions").json()
    assert {one["id"] for one in everybodys} == {mine, theirs}
    bobs = open_school.get("tess", f"/courses/dl/submissions?student={user_id('bob')}").json()
    assert [one["id"] for one in bobs] == [theirs]


def test_staff_of_one_course_are_nobody_in_another(open_school):
    for path in ("/courses/other/psets", "/courses/other/gradebook"):
        assert open_school.get("iris", path).status_code == 404


def test_the_report_keeps_hidden_things_from_the_student(open_school):
    submission = open_school.submit("ada")
    open_school.grade()
    student = open_school.get("ada", f"/submissions/{submission}/report")
    staff = open_school.get("tess", f"/submissions/{submission}/report")
    assert "STAFF-ONLY" not in student.text
    assert student.json()["problems"][0]["checks"][0]["instance"] is None
    assert "STAFF-ONLY detail" in staff.text


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Bearer x", "Basic abc", "Bearer " + "x" * 9000, "bearer \x7f"]
)
def test_a_token_that_is_none_is_refused_alike(school, header):
    answer = school.http.get("/api/v1/me", headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("method", ["DELETE", "PATCH", "PUT", "TRACE"])
def test_other_verbs_do_nothing(open_school, method):
    submission = open_school.submit("ada")
    answer = open_school.call("root", method, f"/submissions/{submission}")
    assert answer.status_code == 405
    assert answer.json()["error"]["code"] == "method_not_allowed"


@pytest.fixture
def sections(open_school, user_id):
    """Ada in section A, Bob in B, Eve in none; Tess grades A only. Each student handed in once."""
    roster = (
        b"name,email,role,section\nAda,ada@example.org,student,A\nBob,bob@example.org,student,B\n"
        b"Eve,eve@example.org,student,\nTess,tess@example.org,grader,A\n"
    )
    headers = {"Content-Type": "text/csv"}
    answer = open_school.call("iris", "POST", "/courses/dl/roster", content=roster, headers=headers)
    assert answer.json()["rejected"] == []
    return {who: open_school.submit(who, who.encode()) for who in ("ada", "bob", "eve", "tess")}


def test_a_grader_of_a_section_sees_its_students_and_their_own_work_everywhere(
    open_school, sections, user_id
):
    open_school.grade()
    listed = open_school.get("tess", "/courses/dl/submissions").json()
    assert {one["id"] for one in listed} == {sections["ada"], sections["tess"]}
    book = open_school.get("tess", "/courses/dl/gradebook").json()
    assert [row["student"]["name"] for row in book["rows"]] == ["Ada"]
    assert book["sections"] == ["A"]
    assert open_school.get("tess", "/courses/dl/gradebook?section=B").json()["rows"] == []
    table = open_school.get("tess", "/courses/dl/gradebook.csv").text
    assert table.splitlines() == ["name,email,section,pset1,total", "Ada,ada@example.org,A,10,10"]
    for who, status in (("ada", 200), ("bob", 404), ("eve", 404)):
        history = f"/courses/dl/psets/pset1/students/{user_id(who)}/history"
        assert open_school.get("tess", history).status_code == status
        for suffix in ("", "/report", "/events"):
            path = f"/submissions/{sections[who]}{suffix}"
            assert open_school.get("tess", path).status_code == status, path
    nobody = open_school.get("tess", "/courses/dl/psets/pset1/students/999/history")
    assert open_school.get("tess", history).content == nobody.content


def test_a_grader_without_a_section_and_an_instructor_see_all_and_choose(open_school, sections):
    open_school.grade()
    for who in ("iris", "root"):
        book = open_school.get(who, "/courses/dl/gradebook").json()
        assert [(row["student"]["name"], row["section"]) for row in book["rows"]] == [
            ("Ada", "A"),
            ("Bob", "B"),
            ("Eve", None),
        ]
        assert book["sections"] == ["A", "B"]
    one = open_school.get("iris", "/courses/dl/gradebook?section=B").json()
    assert [row["student"]["name"] for row in one["rows"]] == ["Bob"]
    assert one["sections"] == ["A", "B"]


def test_who_moves_to_another_section_is_seen_by_its_grader_alone(open_school, sections):
    roster = b"name,email,role,section\nAda,ada@example.org,student,B\n"
    headers = {"Content-Type": "text/csv"}
    body = open_school.call("iris", "POST", "/courses/dl/roster", content=roster, headers=headers).json()
    assert [(one["email"], one["section"]) for one in body["changed"]] == [("ada@example.org", "B")]
    assert open_school.get("tess", f"/submissions/{sections['ada']}").status_code == 404


def test_a_section_is_no_power_over_other_students(open_school, sections):
    listed = open_school.get("ada", "/courses/dl/submissions").json()
    assert [one["id"] for one in listed] == [sections["ada"]]

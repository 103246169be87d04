"""Who may do what: every route, for every kind of person."""

from __future__ import annotations

import uuid

import pytest

CSV = {"content": b"name,email,role\n", "headers": {"Content-Type": "text/csv"}}
PUBLISH = {"json": {"due_at": None}}

# What each of: nobody, a stranger, a student, another student, a grader, an instructor, an admin gets.
PEOPLE = (None, "eve", "ada", "bob", "tess", "iris", "root")
ROUTES = [
    ("GET", "/me", {}, (401, 200, 200, 200, 200, 200, 200)),
    ("POST", "/courses", {"json": {"name": "new", "title": "New"}}, (401, 403, 403, 403, 403, 403, 201)),
    ("GET", "/courses/dl/psets", {}, (401, 404, 200, 200, 200, 200, 200)),
    ("PUT", "/courses/dl/psets/pset1", PUBLISH, (401, 404, 403, 403, 403, 200, 200)),
    ("GET", "/courses/dl/psets/pset1/handout", {}, (401, 404, 200, 200, 200, 200, 200)),
    ("GET", "/courses/dl/psets/pset9/handout", {}, (401, 404, 404, 404, 404, 404, 404)),
    ("GET", "/submissions/{id}", {}, (401, 404, 200, 404, 200, 200, 200)),
    ("GET", "/submissions/{id}/report", {}, (401, 404, 200, 404, 200, 200, 200)),
    ("GET", "/submissions/{id}/events", {}, (401, 404, 200, 404, 200, 200, 200)),
    ("POST", "/submissions/{id}/retry", {}, (401, 404, 403, 404, 409, 409, 409)),
    ("GET", "/courses/dl/scores", {}, (401, 404, 200, 200, 200, 200, 200)),
    ("GET", "/courses/dl/submissions", {}, (401, 404, 200, 200, 200, 200, 200)),
    ("POST", "/courses/dl/roster", CSV, (401, 404, 403, 403, 403, 200, 200)),
    ("GET", "/courses/dl/gradebook", {}, (401, 404, 403, 403, 200, 200, 200)),
    ("GET", "/courses/dl/gradebook.csv", {}, (401, 404, 403, 403, 200, 200, 200)),
    ("GET", "/courses/dl/psets/pset1/students/2/history", {}, (401, 404, 403, 403, 200, 200, 200)),
    ("POST", "/receipts/verify", {"json": {"receipt": "x"}}, (401, 200, 200, 200, 200, 200, 200)),
    ("GET", "/healthz", {}, (200, 200, 200, 200, 200, 200, 200)),
]


def test_every_person_gets_what_their_role_allows(open_school):
    submission = open_school.submit("ada")
    open_school.grade()
    found = {}
    for method, path, options, _ in ROUTES:
        address = path.format(id=submission)
        found[method, path] = tuple(
            open_school.call(who, method, address, **options).status_code for who in PEOPLE
        )
    assert found == {(method, path): expected for method, path, _, expected in ROUTES}


@pytest.mark.parametrize(
    ("who", "status"), [(None, 401), ("eve", 404), ("ada", 201), ("tess", 201), ("iris", 201), ("root", 201)]
)
def test_who_may_submit(open_school, who, status):
    answer = open_school.call(
        who,
        "POST",
        "/courses/dl/psets/pset1/submissions",
        files=[("files", ("alpha.py", b"1"))],
        headers={"Idempotency-Key": str(uuid.uuid4())},
    )
    assert answer.status_code == status


def test_the_matrix_covers_every_route(school):
    listed = {(method, path.replace("{id}", "{submission}")) for method, path, _, _ in ROUTES}
    listed |= {("POST", "/courses/dl/psets/pset1/submissions")}
    listed = {
        (
            method,
            path.replace("dl", "{course}")
            .replace("pset1", "{pset}")
            .replace("students/2", "students/{student}"),
        )
        for method, path in listed
        if "pset9" not in path
    }
    offered = {
        (method.upper(), path.removeprefix("/api/v1"))
        for path, item in school.app.openapi()["paths"].items()
        if path.startswith("/api/v1")
        for method in item
    }
    assert listed == offered


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

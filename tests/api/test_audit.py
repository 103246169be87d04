"""The audit trail: what it keeps, who reads it, and that nobody edits it."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import DBAPIError

from api.operations.models import AuditEntry

ROSTER = {
    "content": b"name,email,role,section\nNew,new@example.org,student,A\nTess,tess@example.org,student,\n",
    "headers": {"Content-Type": "text/csv"},
}


def trail(school, who="iris", query="", course="/courses/dl"):
    answer = school.get(who, f"{course}/audit{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()["entries"]


def test_a_course_s_instructor_reads_who_did_what_to_whom_and_when(open_school):
    token = open_school.call("iris", "POST", "/courses/dl/roster", **ROSTER).json()["added"][0]["token"]
    open_school.get("tess", "/courses/dl/gradebook.csv")
    open_school.get("iris", "/courses/dl/gradebook.csv?section=A")
    exported, imported, published = trail(open_school)
    assert (published["action"], published["subject"], published["by"]) == (
        "pset.publish",
        "pset1",
        "iris@example.org",
    )
    assert published["detail"]["before"] is None
    assert imported["detail"] == {
        "added": ["new@example.org student A"],
        "changed": ["tess@example.org student"],
        "unchanged": 0,
        "rejected": 0,
    }
    assert (exported["action"], exported["detail"]) == ("gradebook.export", {"students": 1, "section": "A"})
    assert exported["at"] >= imported["at"] >= published["at"]
    assert token not in open_school.get("iris", "/courses/dl/audit").text


def test_it_is_narrowed_by_what_by_whom_and_by_page(open_school):
    open_school.call("root", "POST", "/courses/dl/roster", **ROSTER)
    open_school.publish("2030-01-01T00:00:00Z")
    assert [one["action"] for one in trail(open_school, query="?action=roster")] == ["roster.import"]
    assert [one["action"] for one in trail(open_school, query="?action=roster.import")] == ["roster.import"]
    assert trail(open_school, query="?action=rost") == trail(open_school, query="?action=%25") == []
    assert [one["by"] for one in trail(open_school, query="?by=Admin@localhost")] == ["admin@localhost"]
    page = open_school.get("iris", "/courses/dl/audit?limit=2").json()
    rest = open_school.get("iris", f"/courses/dl/audit?limit=2&before={page['older']}").json()
    assert [one["action"] for one in (*page["entries"], *rest["entries"])] == [
        "pset.publish",
        "roster.import",
        "pset.publish",
    ]
    assert rest["older"] is None


def test_an_administrator_reads_all_courses_and_an_instructor_their_own_alone(open_school):
    open_school.call("root", "POST", "/courses", json={"name": "ml", "title": "ML"})
    assert [one["course"] for one in trail(open_school, "root", course="")] == ["ml", "dl"]
    assert [one["course"] for one in trail(open_school)] == ["dl"]


def test_what_was_refused_leaves_nothing(open_school):
    before = trail(open_school)
    open_school.call("tess", "POST", "/courses/dl/roster", **ROSTER)
    open_school.get("ada", "/courses/dl/gradebook.csv")
    assert trail(open_school) == before


def test_nobody_edits_it(open_school):
    for change in (update(AuditEntry).values(subject="nothing"), delete(AuditEntry)):
        with (
            pytest.raises(DBAPIError, match="append-only"),
            open_school.services.database.writing() as session,
        ):
            session.execute(change)
    assert [one["subject"] for one in trail(open_school)] == ["pset1"]

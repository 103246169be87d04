"""The mistakes of a class: counted by the submission that counts, and shown to whom they concern."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from api.accounts.models import User
from api.courses.models import Enrolment
from api.gradebook.mistakes import count_mistakes
from grader.report import CheckResult, Diagnosis, GradeReport, Verdict, Visibility

PATH = "/courses/dl/psets/pset1/mistakes"
TWICE = Diagnosis(mistake="twice", sentence="You divide twice.")
SIGNATURE = (7.0, 10.0, 3.0, -4.0)


def _check(name: str = "shape", **changes: Any) -> CheckResult:
    return CheckResult(
        name=name,
        title="The shape is right",
        visibility=Visibility.HIDDEN,
        verdict=Verdict.FAILED,
        score=0.0,
        max_score=6.0,
        message="told to students",
    ).model_copy(update=changes)


def _with(report: GradeReport, *checks: CheckResult) -> GradeReport:
    problem = report.problems[0].model_copy(update={"checks": checks})
    return report.model_copy(update={"problems": (problem,)})


@pytest.fixture
def graded(open_school: Any) -> Any:
    """``graded("ada", check)``: a submission of hers with that report; its id."""

    def grade(who: str, *checks: CheckResult, score: float = 0.0) -> str:
        submission = open_school.submit(who, f"x = {len(open_school.grader.works)}\n".encode())
        digest = open_school.get(who, f"/submissions/{submission}").json()["digest"]
        open_school.grader.outcomes = [_with(open_school.report(digest, score=score), *checks)]
        open_school.worker().grade_one()
        return submission

    return grade


def test_each_student_counts_with_the_submission_their_grade_comes_from(
    open_school: Any, graded: Any
) -> None:
    graded("ada", _check(signature=SIGNATURE))
    best = graded("ada", _check(diagnosis=TWICE), score=4.0)
    graded("ada", _check(), score=1.0)
    other = graded("bob", _check(diagnosis=TWICE))
    graded("tess", _check(diagnosis=TWICE))  # staff are not of the class
    found = open_school.get("tess", PATH).json()
    assert found["students"] == 2
    (row,) = found["mistakes"]
    assert (row["mistake"], row["sentence"], row["students"]) == ("twice", "You divide twice.", 2)
    assert row["examples"] == [best, other]
    assert found["unnamed"] == []


def test_a_grader_of_a_section_counts_its_students_alone(open_school: Any, graded: Any) -> None:
    with open_school.services.database.writing() as session:
        for name, section in (("ada", "A"), ("bob", "B"), ("tess", "B")):
            enrolment = session.scalars(
                select(Enrolment).join(User).where(User.email == f"{name}@example.org")
            ).one()
            enrolment.section = section
    graded("ada", _check(diagnosis=TWICE))
    graded("bob", _check(signature=SIGNATURE))
    assert open_school.get("iris", PATH).json()["students"] == 2
    assert open_school.get("iris", PATH, params={"section": "A"}).json()["mistakes"][0]["students"] == 1
    of_b = open_school.get("tess", PATH).json()
    assert (of_b["students"], of_b["mistakes"], of_b["unnamed_alone"]) == (1, [], 1)
    assert open_school.get("tess", PATH, params={"section": "A"}).json()["students"] == 0


def test_unnamed_errors_are_those_that_several_share(open_school: Any) -> None:
    report = open_school.report("d")
    near = tuple(number * (1 + 1e-7) for number in SIGNATURE[1:])
    reports = [
        ("one", _with(report, _check(signature=SIGNATURE), _check("other", signature=SIGNATURE))),
        ("two", _with(report, _check(signature=(SIGNATURE[0], *near)))),
        ("three", _with(report, _check(signature=(8.0, *near)), _check("silent"))),
    ]
    found = count_mistakes("pset1", reports)
    assert [(row.check, row.students, row.examples) for row in found.unnamed] == [
        ("shape", 2, ("one", "two"))
    ]
    assert found.unnamed[0].message == "told to students"
    assert found.unnamed_alone == 2
    assert found.mistakes == ()


def test_the_most_frequent_comes_first(open_school: Any) -> None:
    report, rare = open_school.report("d"), Diagnosis(mistake="rare", sentence="You do something rare.")
    reports = [
        (str(number), _with(report, _check(diagnosis=rare if number == 0 else TWICE))) for number in range(9)
    ]
    found = count_mistakes("pset1", reports)
    assert [(row.mistake, row.students) for row in found.mistakes] == [("twice", 8), ("rare", 1)]
    assert len(found.mistakes[0].examples) == 5


def test_students_do_not_see_what_others_do(open_school: Any) -> None:
    assert open_school.get("ada", PATH).status_code == 403

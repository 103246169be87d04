"""Holds on grading, quarantine, superseding: what is not graded now is kept, and says why."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from api.models import AuditEntry, GradeReportRow, GradingJob, JobState
from grader import GradingFailedError


def _state(school, submission, who="ada"):
    body = school.get(who, f"/submissions/{submission}").json()
    return body["state"], body["paused"], body["queue_position"]


def _place(school, who="iris", **what):
    return school.call(who, "POST", "/courses/dl/holds", json={"reason": "secret reason"} | what)


def _audited(school):
    with school.services.database.reading() as session:
        return [
            (one.action, one.subject) for one in session.scalars(select(AuditEntry).order_by(AuditEntry.id))
        ]


def _supersede(school, wanted=True):
    answer = school.call("iris", "PATCH", "/courses/dl", json={"supersede_queued": wanted})
    assert answer.status_code == 200
    assert answer.json()["supersede_queued"] is wanted


@pytest.mark.parametrize(
    ("hold", "held", "free"),
    [
        ({}, ["ada", "bob"], []),
        ({"pset": "pset1"}, ["ada", "bob"], []),
        ({"student": "ada@example.org"}, ["ada"], ["bob"]),
    ],
)
def test_what_is_held_is_taken_in_waits_and_is_graded_once_lifted(open_school, hold, held, free):
    placed = _place(open_school, **hold).json()
    submissions = {who: open_school.submit(who) for who in (*held, *free)}
    open_school.grade()
    for who in held:
        assert _state(open_school, submissions[who], who) == ("queued", True, None)
    for who in free:
        assert _state(open_school, submissions[who], who)[0] == "graded"
    assert open_school.call("iris", "POST", f"/holds/{placed['id']}/lift").json()["lifted_at"]
    assert _state(open_school, submissions[held[0]], held[0]) == ("queued", False, 1)
    open_school.grade()
    for who in held:
        assert _state(open_school, submissions[who], who)[0] == "graded"
    assert [action for action, _ in _audited(open_school)][-2:] == ["hold.place", "hold.lift"]


def test_an_admin_holds_everything_and_nobody_else_can(open_school):
    assert open_school.call("iris", "POST", "/holds", json={"reason": "x"}).status_code == 403
    hold = open_school.call("root", "POST", "/holds", json={"reason": "engine upgrade"}).json()
    submission = open_school.submit("ada")
    assert not open_school.worker().grade_one()
    assert _state(open_school, submission)[:2] == ("queued", True)
    listed = open_school.get("iris", "/courses/dl/holds").json()
    assert [(one["id"], one["scope"]) for one in listed] == [(hold["id"], "all")]
    assert open_school.call("iris", "POST", f"/holds/{hold['id']}/lift").status_code == 404
    assert open_school.call("root", "POST", f"/holds/{hold['id']}/lift").status_code == 200
    assert open_school.call("root", "POST", f"/holds/{hold['id']}/lift").status_code == 409
    assert open_school.worker().grade_one()


def test_a_running_job_finishes_under_a_hold(open_school):
    submission = open_school.submit("ada")
    open_school.grader.meanwhile = lambda: _place(open_school)
    open_school.grade(8.0)
    assert _state(open_school, submission)[0] == "graded"


def test_students_learn_that_grading_is_paused_and_never_why(open_school):
    submission = open_school.submit("ada")
    _place(open_school)
    page = open_school.get("ada", f"/submissions/{submission}").text
    assert "secret reason" not in page
    assert open_school.get("ada", "/courses/dl/holds").status_code == 403
    assert open_school.get("tess", "/courses/dl/holds").status_code == 403


def test_a_hold_must_name_what_is_there_and_is_placed_once(open_school):
    assert _place(open_school, pset="none").status_code == 404
    assert _place(open_school, student="eve@example.org").status_code == 404
    assert _place(open_school, pset="pset1", student="ada@example.org").status_code == 422
    assert _place(open_school, reason=" ").status_code == 422
    assert _place(open_school).status_code == 201
    assert _place(open_school).status_code == 409


def test_a_lifted_course_does_not_push_back_who_came_since(open_school, line):
    with open_school.services.database.writing() as session:
        queued = line(session)
        many, one = queued.students(2)
        held = [queued.arrive(many) for _ in range(4)]
        for job in held:
            job.turn = 0
        newcomer = queued.arrive(one)
    hold = _place(open_school).json()["id"]
    open_school.call("iris", "POST", f"/holds/{hold}/lift")
    with open_school.services.database.reading() as session:
        order = session.scalars(select(GradingJob.id).order_by(GradingJob.turn, GradingJob.id)).all()
    assert order.index(newcomer.id) == 1


# Quarantine --------------------------------------------------------------------------------------


def _quarantine(school, submission, who="iris"):
    return school.call(who, "POST", f"/submissions/{submission}/quarantine", json={"reason": "looks copied"})


def test_a_quarantined_submission_is_not_graded_until_that_is_lifted(open_school):
    submission = open_school.submit("ada")
    assert _quarantine(open_school, submission, "tess").status_code == 403
    assert _quarantine(open_school, submission).json()["state"] == "quarantined"
    assert _quarantine(open_school, submission).status_code == 409
    open_school.grade()
    assert _state(open_school, submission)[0] == "quarantined"
    assert open_school.call("tess", "POST", f"/submissions/{submission}/retry").status_code == 409
    assert "looks copied" not in open_school.get("ada", f"/submissions/{submission}/events").text
    lifted = open_school.call("iris", "DELETE", f"/submissions/{submission}/quarantine")
    assert lifted.json()["state"] == "queued"
    open_school.grade(6.0)
    assert open_school.get("ada", f"/submissions/{submission}").json()["score"] == 6.0
    assert [one for one in _audited(open_school) if one[0].startswith("submission.")] == [
        ("submission.quarantine", f"submission {submission}"),
        ("submission.release", f"submission {submission}"),
    ]


def test_the_verdict_on_a_submission_quarantined_while_it_runs_is_not_recorded(open_school):
    submission = open_school.submit("ada")
    open_school.grader.meanwhile = lambda: _quarantine(open_school, submission)
    assert open_school.worker().grade_one()
    assert _state(open_school, submission)[0] == "quarantined"
    with open_school.services.database.reading() as session:
        assert session.scalars(select(GradeReportRow)).all() == []
    assert not open_school.worker().grade_one()


def test_a_graded_submission_in_quarantine_keeps_its_score(open_school):
    submission = open_school.submit("ada")
    open_school.grade(7.0)
    body = _quarantine(open_school, submission).json()
    assert (body["state"], body["score"], body["quarantined"]) == ("graded", 7.0, True)


# Superseding -------------------------------------------------------------------------------------


def test_a_newer_attempt_takes_the_place_of_a_waiting_one_where_the_course_says_so(open_school):
    first = open_school.submit("ada")
    open_school.submit("bob")
    _supersede(open_school)
    second = open_school.submit("ada", b"x = 2\n")
    assert _state(open_school, first) == ("superseded", False, None)
    assert _state(open_school, second)[2] == 2  # the turn of the first, after Bob who came before it
    open_school.grade(9.0)
    assert _state(open_school, first)[0] == "superseded"
    assert open_school.get("ada", f"/submissions/{second}").json()["score"] == 9.0
    verified = open_school.get("ada", "/courses/dl/submissions").json()
    assert {one["id"] for one in verified} == {first, second}


def test_without_the_setting_or_for_others_nothing_is_superseded(open_school):
    first = open_school.submit("ada")
    second = open_school.submit("ada", b"x = 2\n")
    assert [_state(open_school, one)[0] for one in (first, second)] == ["queued", "queued"]
    _supersede(open_school)
    open_school.submit("bob")
    assert [_state(open_school, one)[0] for one in (first, second)] == ["queued", "queued"]


def test_a_running_attempt_is_never_superseded(open_school):
    _supersede(open_school)
    first = open_school.submit("ada")
    open_school.grader.meanwhile = lambda: open_school.submit("ada", b"x = 2\n")
    assert open_school.worker().grade_one()
    assert _state(open_school, first)[0] == "graded"


def test_superseding_costs_no_place_among_the_waiting(open_school):
    _supersede(open_school)
    for number in range(open_school.settings.submissions_waiting + 2):
        open_school.submit("ada", f"x = {number}\n".encode())
    with open_school.services.database.reading() as session:
        states = session.scalars(select(GradingJob.state).order_by(GradingJob.id)).all()
    assert states[-1] is JobState.QUEUED
    assert set(states[:-1]) == {JobState.SUPERSEDED}


def test_staff_can_have_a_superseded_attempt_graded_after_all(open_school):
    _supersede(open_school)
    first = open_school.submit("ada")
    open_school.submit("ada", b"x = 2\n")
    assert open_school.call("tess", "POST", f"/submissions/{first}/retry").json()["state"] == "queued"
    open_school.grade(5.0)
    assert open_school.get("ada", f"/submissions/{first}").json()["score"] == 5.0


def test_the_stream_of_what_is_not_graded_says_so_and_ends(open_school):
    _supersede(open_school)
    first = open_school.submit("ada")
    second = open_school.submit("ada", b"x = 2\n")
    assert "newer attempt" in open_school.get("ada", f"/submissions/{first}/events").text
    _quarantine(open_school, second)
    assert "set this attempt aside" in open_school.get("ada", f"/submissions/{second}/events").text


def test_staff_see_what_runs_waits_is_parked_and_why(open_school):
    parked, waiting = open_school.submit("ada"), open_school.submit("bob")
    open_school.grader.outcomes = [GradingFailedError("engine evidence", retriable=False)]
    open_school.worker("w9").grade_one()
    _place(open_school)
    body = open_school.get("iris", "/courses/dl/operations").json()
    assert (body["queued"], body["held"], len(body["holds"])) == (1, 1, 1)
    (job,) = body["parked"]
    assert (job["submission"], job["failures"][0]["detail"]) == (parked, "engine evidence")
    assert waiting not in str(body["parked"])
    assert open_school.get("tess", "/courses/dl/operations").status_code == 403

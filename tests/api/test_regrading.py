"""Regrades: transcripts kept with verdicts, a preview first, and no score that changes unasked."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from api.gradebook.models import GradeChange, GradeReportRow
from api.jobs.models import GradingJob, JobState
from api.regrading.models import ItemState, Regrade, RegradeItem, Transcript
from api.regrading.service import apply_regrade
from api.submissions.models import Submission
from grader import GradingFailedError, Verdict, submission_digest
from grader.replaying import ReplayOutcome

SET = "/courses/dl/psets/pset1/regrades"


class ScriptedReplayer:
    """Replays as told: each submission's score, or why it diverges; ``breaks_at``: the process ends there."""

    def __init__(self, school):
        self.school = school
        self.scores = {}
        self.batches = []
        self.breaks_at = None
        self.error = GradingFailedError("the replaying process was killed")

    def __call__(self, package, items, told):
        self.batches.append((package, [item.name for item in items]))
        assert all(Path(item.transcript).read_bytes() == b"recorded" for item in items)
        for item in items:
            if item.name == self.breaks_at:
                raise self.error
            outcome = self.scores.get(item.name, 10.0)
            if isinstance(outcome, str):
                told(ReplayOutcome(item.name, None, outcome))
                continue
            report = self.school.report(submission_digest(item.files))
            told(ReplayOutcome(item.name, scored(report, outcome), ""))


def scored(report, score):
    """``report`` with another score, from one check."""
    (problem,) = report.problems
    passed = Verdict.PASSED if score else Verdict.FAILED
    check = problem.checks[0].model_copy(update={"verdict": passed, "score": score, "message": "told"})
    problem = problem.model_copy(update={"score": score, "checks": (check,)})
    return report.model_copy(update={"score": score, "problems": (problem,)})


@pytest.fixture
def recording(open_school, monkeypatch):
    """The school, whose grader writes transcripts and whose worker has a scripted replayer."""
    school = open_school
    school.replayer = ScriptedReplayer(school)
    grade = type(school.grader).__call__

    def record(grader, work, show, measured):
        work.transcript.write_bytes(b"recorded")
        return grade(grader, work, show, measured)

    monkeypatch.setattr(type(school.grader), "__call__", record)
    make = school.worker

    def worker(name="w1"):
        made = make(name)
        made._regrades._replayer = school.replayer
        return made

    monkeypatch.setattr(school, "worker", worker)
    return school


def graded(school, who, score, content=b"x = 1\n"):
    submission = school.submit(who, content)
    school.grade(score)
    return submission


def work(school):
    """Let a worker do whatever there is to do, first gradings first."""
    worker = school.worker()
    while worker.grade_one() or worker.work_on_regrade():
        pass


def ask(school, who="iris", **wanted):
    answer = school.call(who, "POST", SET, json={"reason": "the tolerance was wrong"} | wanted)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def preview(school, number, who="iris"):
    answer = school.get(who, f"{SET}/{number}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def state(school, number):
    return preview(school, number)["regrade"]["state"]


def score(school, submission):
    return school.get("iris", f"/submissions/{submission}").json()["score"]


def rows(school, table):
    with school.services.database.reading() as session:
        return list(session.scalars(select(table)))


def test_a_verdict_comes_with_its_transcript_which_no_route_sends(recording):
    submission = graded(recording, "ada", 4.0)
    (kept,) = rows(recording, Transcript)
    assert (kept.submission_id, kept.lease, kept.size) == (submission, 1, len(b"recorded"))
    assert recording.services.store.get(kept.sha256) == b"recorded"
    for who in ("ada", "iris"):
        for path in ("", "/report", "/events"):
            text = recording.get(who, f"/submissions/{submission}{path}").text
            assert kept.sha256 not in text
            assert "transcript" not in text


def test_a_verdict_does_not_wait_for_a_transcript_that_cannot_be_kept(recording, monkeypatch):
    submission = recording.submit("ada")

    def full(*_):
        raise OSError("no space left on device")

    monkeypatch.setattr(type(recording.services.store), "put", full)
    recording.grade(4.0)
    assert score(recording, submission) == 4.0
    assert rows(recording, Transcript) == []


def test_a_preview_shows_what_would_change_and_changes_nothing(recording):
    ada, bob = graded(recording, "ada", 4.0), graded(recording, "bob", 6.0)
    recording.replayer.scores = {ada: 9.0, bob: 6.0}
    number = ask(recording)
    assert state(recording, number) == "queued"
    work(recording)
    found = preview(recording, number)
    assert found["regrade"]["state"] == "ready"
    counts = found["regrade"]["counts"]
    assert (counts["submissions"], counts["scored"], counts["waiting"], counts["failed"]) == (2, 2, 0, 0)
    assert (counts["changed"], counts["higher"], counts["lower"]) == (2, 1, 0)
    first, second = found["submissions"]
    assert (first["submission"], first["before"], first["after"]) == (ada, 4.0, 9.0)
    assert first["changes"][0]["points_after"] == 9.0
    assert second["submission"] == bob
    assert [(grade["student"]["name"], grade["before"], grade["after"]) for grade in found["grades"]] == [
        ("Ada", 4.0, 9.0)
    ]
    assert (score(recording, ada), score(recording, bob)) == (4.0, 6.0)
    assert len(rows(recording, GradeReportRow)) == 2


def test_the_best_attempt_decides_what_becomes_of_a_grade(recording):
    first = graded(recording, "ada", 7.0)
    second = graded(recording, "ada", 5.0, b"x = 2\n")
    recording.replayer.scores = {first: 7.0, second: 6.0}
    number = ask(recording)
    work(recording)
    found = preview(recording, number)
    assert found["regrade"]["counts"]["higher"] == 1
    assert found["grades"] == []


def test_applying_writes_reports_and_history_with_who_and_why(recording):
    ada = graded(recording, "ada", 4.0)
    recording.replayer.scores = {ada: 9.0}
    number = ask(recording)
    work(recording)
    answer = recording.call("iris", "POST", f"{SET}/{number}/apply")
    assert answer.json()["state"] == "applied"
    assert answer.json()["closed_by"] == "Iris"
    assert score(recording, ada) == 9.0
    newest = rows(recording, GradeReportRow)[-1]
    assert (newest.regrade_id, newest.worker) == (number, f"regrade {number}")
    assert recording.get("ada", f"/submissions/{ada}/report").json()["score"] == 9.0
    assert recording.get("ada", "/courses/dl/scores").json()[0]["score"] == 9.0
    ids = {person["name"]: person for person in [preview(recording, number)["submissions"][0]["student"]]}
    history = recording.get("iris", f"/courses/dl/psets/pset1/students/{ids['Ada']['id']}/history").json()
    assert (history[-1]["by"], history[-1]["before"], history[-1]["after"]) == ("Iris", 4.0, 9.0)
    assert "the tolerance was wrong" in history[-1]["reason"]
    actions = [entry["action"] for entry in recording.get("iris", "/courses/dl/audit").json()["entries"]]
    assert actions[:2] == ["regrade.apply", "regrade.request"]


def test_the_student_is_told_that_it_was_graded_again_and_why(recording):
    ada = graded(recording, "ada", 4.0)
    assert recording.get("ada", f"/submissions/{ada}").json()["regrades"] == []
    recording.replayer.scores = {ada: 9.0}
    number = ask(recording)
    work(recording)
    assert recording.get("ada", f"/submissions/{ada}").json()["regrades"] == []
    recording.call("iris", "POST", f"{SET}/{number}/apply")
    (told,) = recording.get("ada", f"/submissions/{ada}").json()["regrades"]
    assert (told["reason"], told["before"], told["after"]) == ("the tolerance was wrong", 4.0, 9.0)


def test_applying_twice_or_after_being_cut_off_applies_once(recording, monkeypatch):
    people = {who: graded(recording, who, 4.0) for who in ("ada", "bob")}
    recording.replayer.scores = dict.fromkeys(people.values(), 9.0)
    number = ask(recording)
    work(recording)
    from api.regrading import service

    apply_one, calls = service._apply_one, []

    def cut_off(*arguments):
        calls.append(arguments)
        if len(calls) == 2:
            raise KeyboardInterrupt
        apply_one(*arguments)

    monkeypatch.setattr(service, "_apply_one", cut_off)
    with pytest.raises(KeyboardInterrupt):
        apply_regrade(recording.services, recording.actor("iris"), "dl", "pset1", number)
    assert sorted(score(recording, one) for one in people.values()) == [4.0, 9.0]
    refused = recording.call("iris", "POST", f"{SET}/{number}/discard")
    assert refused.status_code == 409
    monkeypatch.setattr(service, "_apply_one", apply_one)
    for _ in range(2):
        assert recording.call("iris", "POST", f"{SET}/{number}/apply").json()["state"] == "applied"
    assert [score(recording, one) for one in people.values()] == [9.0, 9.0]
    assert len(rows(recording, GradeReportRow)) == 4
    assert len(rows(recording, GradeChange)) == 4


def test_a_stale_preview_is_refused(recording):
    ada = graded(recording, "ada", 4.0)
    recording.replayer.scores = {ada: 9.0}
    one, other = ask(recording), ask(recording)
    work(recording)
    assert recording.call("iris", "POST", f"{SET}/{one}/apply").status_code == 200
    answer = recording.call("iris", "POST", f"{SET}/{other}/apply")
    assert answer.status_code == 409
    assert "out of date" in answer.json()["error"]["message"]
    assert preview(recording, other)["submissions"][0]["stale"]
    assert len(rows(recording, GradeReportRow)) == 2


def test_what_diverges_is_run_again_and_its_outcome_is_the_items_alone(recording):
    ada = graded(recording, "ada", 4.0)
    recording.replayer.scores = {ada: "alpha/check: its call 3 (call) is not the recorded one"}
    number = ask(recording)
    worker = recording.worker()
    assert worker.work_on_regrade()
    found = preview(recording, number)
    assert (found["regrade"]["state"], found["submissions"][0]["state"]) == ("running", "rerun")
    assert "call 3" in found["submissions"][0]["detail"]
    body = recording.get("ada", f"/submissions/{ada}").json()
    assert (body["state"], body["score"], body["queue_position"]) == ("graded", 4.0, None)
    recording.grade(8.0)
    found = preview(recording, number)
    assert (found["regrade"]["state"], found["submissions"][0]["after"]) == ("ready", 8.0)
    assert score(recording, ada) == 4.0
    (job,) = rows(recording, GradingJob)
    assert (job.state, job.regrade_id) == (JobState.DONE, None)
    assert [kept.lease for kept in rows(recording, Transcript)] == [1, 2]
    recording.call("iris", "POST", f"{SET}/{number}/apply")
    assert score(recording, ada) == 8.0


def test_a_rerun_grades_with_the_new_version_on_the_old_instances(recording):
    ada = graded(recording, "ada", 4.0)
    recording.packages.version = "2"
    recording.publish()
    number = ask(recording, kind="rerun")
    recording.grade(5.0)
    first, again = recording.grader.works
    assert again.package != first.package
    assert again.seeds_of == first.seeds_of == first.package
    assert again.key == first.key
    assert (state(recording, number), score(recording, ada)) == ("ready", 4.0)


def test_a_failed_rerun_changes_no_score_and_leaves_the_job_done(recording):
    ada = graded(recording, "ada", 4.0)
    number = ask(recording, kind="rerun")
    recording.grader.outcomes = [GradingFailedError("the package is broken", retriable=False)]
    assert recording.worker().grade_one()
    found = preview(recording, number)
    assert (found["regrade"]["state"], found["submissions"][0]["state"]) == ("ready", "failed")
    assert "the package is broken" in found["submissions"][0]["detail"]
    (job,) = rows(recording, GradingJob)
    assert (job.state, job.regrade_id) == (JobState.DONE, None)
    recording.call("iris", "POST", f"{SET}/{number}/apply")
    assert score(recording, ada) == 4.0


def test_a_submission_without_a_transcript_is_run_again(open_school):
    ada = graded(open_school, "ada", 4.0)
    number = ask(open_school)
    work(open_school)
    found = preview(open_school, number)["submissions"][0]
    assert (found["submission"], found["state"], found["detail"]) == (
        ada,
        "scored",
        "nothing was recorded when it was graded",
    )


def test_first_gradings_go_first(recording):
    graded(recording, "ada", 4.0)
    ask(recording, kind="rerun")
    bob = recording.submit("bob")
    lease = recording.worker()._take()
    assert lease is not None
    assert lease.submission_id == bob


def test_a_replay_that_breaks_off_keeps_what_was_told_and_runs_the_next_again(recording):
    people = [graded(recording, who, 4.0) for who in ("ada", "bob")]
    first, second = sorted(people)
    recording.replayer.scores = dict.fromkeys(people, 9.0)
    recording.replayer.breaks_at = second
    number = ask(recording)
    assert recording.worker().work_on_regrade()
    states = {item.submission_id: item.state for item in rows(recording, RegradeItem)}
    assert states == {first: ItemState.SCORED, second: ItemState.RERUN}
    recording.grade(5.0)
    assert state(recording, number) == "ready"


def test_a_broken_package_fails_the_regrade_and_changes_nothing(recording):
    ada = graded(recording, "ada", 4.0)
    recording.replayer.breaks_at = ada
    recording.replayer.error = GradingFailedError("checks/hidden.py: cannot be executed", retriable=False)
    number = ask(recording)
    work(recording)
    found = preview(recording, number)["regrade"]
    assert (found["state"], found["problem"]) == ("failed", "checks/hidden.py: cannot be executed")
    refused = recording.call("iris", "POST", f"{SET}/{number}/apply")
    assert refused.status_code == 409
    assert score(recording, ada) == 4.0


def test_a_worker_whose_lease_was_taken_writes_nothing(recording):
    ada = graded(recording, "ada", 4.0)
    number = ask(recording)
    replay = type(recording.replayer).__call__

    class Overtaken(ScriptedReplayer):
        def __call__(self, package, items, told):
            with self.school.services.database.writing() as session:
                session.get_one(Regrade, number).lease += 1
            replay(self, package, items, told)

    recording.replayer = Overtaken(recording)
    recording.replayer.scores = {ada: 9.0}
    assert recording.worker().work_on_regrade()
    (item,) = rows(recording, RegradeItem)
    assert item.state is ItemState.WAITING


def test_discarding_stops_what_waits(recording):
    ada = graded(recording, "ada", 4.0)
    number = ask(recording, kind="rerun")
    answer = recording.call("iris", "POST", f"{SET}/{number}/discard")
    assert answer.json()["state"] == "discarded"
    assert not recording.worker().grade_one()
    (job,) = rows(recording, GradingJob)
    assert (job.state, job.regrade_id) == (JobState.DONE, None)
    assert score(recording, ada) == 4.0
    assert recording.call("iris", "POST", f"{SET}/{number}/apply").status_code == 409


def test_a_rerun_that_ends_after_it_was_discarded_is_dropped(recording):
    graded(recording, "ada", 4.0)
    number = ask(recording, kind="rerun")
    recording.grader.meanwhile = lambda: recording.call("iris", "POST", f"{SET}/{number}/discard")
    recording.grade(9.0)
    assert state(recording, number) == "discarded"
    assert [row.score for row in rows(recording, GradeReportRow)] == [4.0]
    (job,) = rows(recording, GradingJob)
    assert (job.state, job.regrade_id) == (JobState.DONE, None)


def test_a_grader_may_have_one_submission_graded_again_and_decide_on_it(recording):
    ada = graded(recording, "ada", 4.0)
    recording.replayer.scores = {ada: 9.0}
    refused = recording.call("tess", "POST", SET, json={"reason": "all of them"})
    assert refused.status_code == 403
    number = ask(recording, "tess", submission=ada)
    work(recording)
    assert recording.call("tess", "POST", f"{SET}/{number}/apply").json()["state"] == "applied"
    graded(recording, "bob", 5.0)
    several = ask(recording)
    work(recording)
    assert recording.call("tess", "POST", f"{SET}/{several}/apply").status_code == 403
    assert recording.call("tess", "POST", f"{SET}/{several}/discard").status_code == 403


@pytest.mark.parametrize(
    ("wanted", "status"),
    [
        ({"package": "0" * 64}, 404),
        ({"submission": "none"}, 404),
        ({"students": [999]}, 422),
        ({"reason": ""}, 422),
        ({"kind": "other"}, 422),
    ],
)
def test_what_cannot_be_asked_for_is_refused(recording, wanted, status):
    graded(recording, "ada", 4.0)
    answer = recording.call("iris", "POST", SET, json={"reason": "because"} | wanted)
    assert answer.status_code == status, answer.text
    assert rows(recording, Regrade) == []


def test_only_the_named_students_are_graded_again(recording):
    graded(recording, "ada", 4.0)
    bob = graded(recording, "bob", 5.0)
    everybody = preview(recording, ask(recording))["submissions"]
    ids = {entry["student"]["name"]: entry["student"]["id"] for entry in everybody}
    number = ask(recording, students=[ids["Bob"]])
    assert [entry["submission"] for entry in preview(recording, number)["submissions"]] == [bob]


def test_regrades_are_listed_newest_first_for_staff_only(recording):
    graded(recording, "ada", 4.0)
    first, second = ask(recording), ask(recording)
    assert [one["id"] for one in recording.get("tess", SET).json()] == [second, first]
    assert recording.get("ada", SET).status_code == 403
    assert recording.get("ada", f"{SET}/{first}").status_code == 403
    assert recording.get("iris", f"{SET}/999").status_code == 404


def test_a_regrade_that_cannot_be_written_down_is_tried_again_and_then_given_up(recording, monkeypatch):
    graded(recording, "ada", 4.0)
    number = ask(recording)
    worker = recording.worker()

    def broken(*_):
        raise RuntimeError("a bug")

    monkeypatch.setattr(worker._regrades, "_write_down", broken)
    for _ in range(recording.settings.grading_tries):
        assert worker.work_on_regrade()
    assert not worker.work_on_regrade()
    found = preview(recording, number)["regrade"]
    assert found["state"] == "failed"
    assert "a bug" in found["problem"]


@pytest.fixture
def remove_files(recording):
    """Remove the files of a submission, as the course's retention rule does."""

    def remove(submission):
        with recording.services.database.writing() as session:
            session.get_one(Submission, submission).files_removed_at = datetime(2026, 11, 20, tzinfo=UTC)

    return remove


@pytest.mark.parametrize("kind", ["replay", "rerun"])
def test_a_submission_whose_files_were_removed_cannot_be_graded_again(recording, remove_files, kind):
    ada = graded(recording, "ada", 4.0)
    remove_files(ada)
    for wanted in ({"submission": ada}, {}):
        refused = recording.call("iris", "POST", SET, json={"reason": "a fix", "kind": kind} | wanted)
        assert (refused.status_code, refused.json()["error"]["code"]) == (410, "removed")
        assert "2026-11-20" in refused.json()["error"]["message"]
        assert "keep their scores" in refused.json()["error"]["message"]
    assert rows(recording, Regrade) == []


@pytest.mark.parametrize("kind", ["replay", "rerun"])
def test_in_a_set_removed_files_are_named_in_the_preview_and_the_others_graded_again(
    recording, remove_files, kind
):
    ada, bob = graded(recording, "ada", 4.0), graded(recording, "bob", 4.0, b"x = 2\n")
    remove_files(ada)
    number = ask(recording, kind=kind)
    recording.grader.outcomes = [9.0]
    recording.replayer.scores = {bob: 9.0}
    work(recording)
    found = {one["submission"]: one for one in preview(recording, number)["submissions"]}
    assert found[ada]["state"] == "failed"
    assert found[ada]["detail"].startswith("its files were removed under the course's retention rule on 2026")
    assert (found[bob]["state"], found[bob]["after"]) == ("scored", 9.0)
    assert state(recording, number) == "ready"
    assert recording.call("iris", "POST", f"{SET}/{number}/apply").status_code == 200
    assert (score(recording, ada), score(recording, bob)) == (4.0, 9.0)

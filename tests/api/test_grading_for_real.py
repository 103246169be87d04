"""The real first problem set, through the real worker, sandbox included."""

from __future__ import annotations

import dataclasses
import shutil
import threading
import time
import tomllib

import pytest
from sqlalchemy import select

from api.courses.packages import DiskPackages
from api.regrading.models import RegradeItem
from api.worker.grading import ChildGrader
from api.worker.loop import Worker
from api.worker.warmth import warmth
from sandbox import Runtime


@pytest.fixture
def real_school(school, problems_root, ready_backend):
    """The school with the package from disk instead of the scripted one."""
    ready_backend("bubblewrap")
    packages = DiskPackages(problems_root, school.services.store)
    school.app.state.services = dataclasses.replace(school.services, packages=packages)
    school.publish()
    return school


def _hand_in(school, content: bytes) -> str:
    answer = school.post_files("ada", {"linear_softmax.py": content})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def _grade(school) -> None:
    worker = Worker(school.services, ChildGrader(school.settings), name="real", stop=threading.Event())
    while worker.grade_one():
        pass


def test_a_warm_worker_forks_what_it_grades_with_and_gives_the_same_report(real_school, problems_root):
    answer = (problems_root / "pset1_backprop" / "linear_softmax" / "reference.py").read_bytes()
    cold = _hand_in(real_school, answer)
    _grade(real_school)
    with warmth(real_school.settings.model_copy(update={"warm": True})) as warm:
        deadline = time.monotonic() + 60
        while not (warm.nursery.is_ready and (warm.zygotes / Runtime.NUMPY).exists()):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        hot = _hand_in(real_school, answer)
        grader = ChildGrader(real_school.settings, warm)
        assert Worker(real_school.services, grader, name="warm", stop=threading.Event()).grade_one()
        assert warm.nursery._present.born == 1
    assert not warm.zygotes.exists()
    reports = [real_school.get("ada", f"/submissions/{one}/report").json() for one in (cold, hot)]
    assert reports[0] == reports[1]


def test_right_and_wrong_answers_get_what_they_deserve(real_school, problems_root):
    folder = problems_root / "pset1_backprop" / "linear_softmax"
    expected = tomllib.loads((folder / "submissions" / "expectations.toml").read_text())["wrong_answer"]
    stem, failing = next(iter(expected.items()))
    right = _hand_in(real_school, (folder / "reference.py").read_bytes())
    wrong = _hand_in(real_school, (folder / "submissions" / "wrong_answer" / f"{stem}.py").read_bytes())
    empty = _hand_in(real_school, b"def broken(:\n")
    _grade(real_school)

    report = real_school.get("ada", f"/submissions/{right}/report").json()
    assert (report["score"], report["max_score"]) == (10.0, 10.0)
    assert report["submission_digest"] == real_school.get("ada", f"/submissions/{right}").json()["digest"]

    report = real_school.get("ada", f"/submissions/{wrong}/report").json()
    checks = report["problems"][0]["checks"]
    failed = {
        check["name"] for check in checks if check["visibility"] == "hidden" and check["verdict"] == "failed"
    }
    assert failed == set(failing)
    assert 0 < report["score"] < 10.0
    assert all(not check["detail"] for check in checks if check["visibility"] == "hidden")

    report = real_school.get("ada", f"/submissions/{empty}/report").json()
    assert report["score"] == 0.0
    assert "line 1" in str(report)

    (standing,) = real_school.get("ada", "/courses/dl/scores").json()
    assert (standing["score"], standing["attempts"], standing["best_submission_id"]) == (10.0, 3, right)
    events = real_school.get("ada", f"/submissions/{right}/events").text
    assert events.count("event: check") == len(checks)
    assert events.rstrip().rsplit("event: ", 1)[1].startswith("report")


def _regrade_until_ready(school, number: int) -> dict:
    worker = Worker(school.services, ChildGrader(school.settings), name="real", stop=threading.Event())
    while worker.grade_one() or worker.work_on_regrade():
        pass
    return school.get("iris", f"/courses/dl/psets/pset1/regrades/{number}").json()


def test_a_corrected_check_is_replayed_for_those_who_are_graded_already(
    school, problems_root, ready_backend, tmp_path
):
    """The whole way: recorded by one child, replayed by another with the next version, applied, told."""
    ready_backend("bubblewrap")
    folder = tmp_path / "problems" / "pset1_backprop"
    shutil.copytree(problems_root / "pset1_backprop", folder)
    packages = DiskPackages(tmp_path / "problems", school.services.store)
    school.app.state.services = dataclasses.replace(school.services, packages=packages)
    school.publish()
    reference = folder / "linear_softmax" / "reference.py"
    nearly = reference.read_bytes() + (
        b"\n\n_exact = softmax\n\n\ndef softmax(logits):\n    return _exact(logits) * (1 + 1e-7)\n"
    )
    right, close = _hand_in(school, reference.read_bytes()), _hand_in(school, nearly)
    _grade(school)
    before = {one: school.get("iris", f"/submissions/{one}/report").json() for one in (right, close)}
    assert before[close]["score"] < before[right]["score"] == 10.0

    hidden = folder / "linear_softmax" / "checks" / "hidden.py"
    text = hidden.read_text().replace('"rtol": 1e-9, "atol": 1e-12', '"rtol": 1e-5, "atol": 1e-12')
    hidden.write_text(text.replace("rtol=1e-9, atol=1e-9", "rtol=1e-5, atol=1e-5"))
    school.publish()
    asked = {"reason": "the tolerance was too tight"}
    number = school.call("iris", "POST", "/courses/dl/psets/pset1/regrades", json=asked).json()["id"]
    found = _regrade_until_ready(school, number)
    assert found["regrade"]["state"] == "ready", found
    by_submission = {one["submission"]: one for one in found["submissions"]}
    assert by_submission[right]["after"] == 10.0
    assert by_submission[close]["after"] > before[close]["score"]
    assert all(one["detail"] is None for one in by_submission.values()), "no student code was run again"

    again = {"reason": "to compare", "kind": "rerun"}
    other = school.call("iris", "POST", "/courses/dl/psets/pset1/regrades", json=again).json()["id"]
    rerun = {one["submission"]: one for one in _regrade_until_ready(school, other)["submissions"]}
    for one in (right, close):
        assert rerun[one]["after"] == by_submission[one]["after"]
        assert rerun[one]["changes"] == by_submission[one]["changes"]
    with school.services.database.reading() as session:
        texts = session.scalars(select(RegradeItem.report_json).order_by(RegradeItem.submission_id)).all()
    assert len(texts) == 4
    assert len(set(texts)) == 2, "replayed and run again, the reports are the same"

    school.call("iris", "POST", f"/courses/dl/psets/pset1/regrades/{number}/apply")
    mine = school.get("ada", f"/submissions/{close}").json()
    assert mine["score"] == by_submission[close]["after"]
    assert mine["regrades"][0]["reason"] == "the tolerance was too tight"

"""The real first problem set, through the real worker, sandbox included."""

from __future__ import annotations

import dataclasses
import threading
import tomllib

import pytest

from api.courses.packages import DiskPackages
from api.worker.grading import ChildGrader
from api.worker.loop import Worker


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

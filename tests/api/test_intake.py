"""Taking submissions in."""

from __future__ import annotations

import dataclasses
import io
import json
import threading
import uuid
import zipfile
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from api.errors import PastDueError, TooManyError
from api.models import GradingJob, JobState, Submission
from api.submissions import intake
from api.submissions.intake import accept_submission
from api.submissions.uploads import MAX_BODY_BYTES, UploadedFile
from grader import submission_digest
from grader.intake import LARGEST_SOURCE


def _rows(school, table):
    with school.services.database.reading() as session:
        return session.scalars(select(func.count()).select_from(table)).one()


def test_a_submission_is_stored_queued_and_receipted(open_school):
    files = {"alpha.py": b"a = 1\n", "beta.py": b"b = 2\r\n"}
    answer = open_school.post_files("ada", files)
    assert answer.status_code == 201
    body = answer.json()
    assert body["attempt"] == 1
    assert body["state"] == "queued"
    assert body["digest"] == submission_digest({"alpha": b"a = 1\n", "beta": b"b = 2\r\n"})
    with open_school.services.database.reading() as session:
        submission = session.get_one(Submission, body["id"])
        assert submission.job.state is JobState.QUEUED
        stored = {file.problem: open_school.services.store.get(file.sha256) for file in submission.files}
    assert stored == {"alpha": b"a = 1\n", "beta": b"b = 2\r\n"}


def test_attempts_are_counted_for_each_student(open_school):
    assert [open_school.post_files("ada", {"alpha.py": b"1"}).json()["attempt"] for _ in range(2)] == [1, 2]
    assert open_school.post_files("bob", {"alpha.py": b"1"}).json()["attempt"] == 1


def test_the_same_key_gets_the_first_answer(open_school):
    key = str(uuid.uuid4())
    first = open_school.post_files("ada", {"alpha.py": b"1"}, key)
    again = open_school.post_files("ada", {"alpha.py": b"1"}, key.upper())
    assert again.status_code == 201
    assert again.json() == first.json()
    assert _rows(open_school, Submission) == _rows(open_school, GradingJob) == 1


def test_the_same_key_gets_the_first_answer_after_the_due_date_and_a_new_version(open_school):
    key = str(uuid.uuid4())
    first = open_school.post_files("ada", {"alpha.py": b"1"}, key)
    open_school.packages.version = "2"
    open_school.publish(due_at="2020-01-01T00:00:00Z")
    again = open_school.post_files("ada", {"alpha.py": b"1"}, key)
    assert again.json() == first.json()


def test_a_key_cannot_be_used_for_other_files(open_school):
    key = str(uuid.uuid4())
    open_school.post_files("ada", {"alpha.py": b"1"}, key)
    answer = open_school.post_files("ada", {"alpha.py": b"2"}, key)
    assert answer.status_code == 409


def test_a_key_of_one_student_means_nothing_for_another(open_school):
    key = str(uuid.uuid4())
    mine = open_school.post_files("ada", {"alpha.py": b"1"}, key).json()
    theirs = open_school.post_files("bob", {"alpha.py": b"1"}, key)
    assert theirs.status_code == 201
    assert theirs.json()["id"] != mine["id"]


@pytest.mark.parametrize("key", ["", "1", "not-a-uuid", "x" * 5000])
def test_a_key_must_be_a_uuid(open_school, key):
    answer = open_school.call(
        "ada",
        "POST",
        "/courses/dl/psets/pset1/submissions",
        files=[("files", ("alpha.py", b"1"))],
        headers={"Idempotency-Key": key},
    )
    assert answer.status_code == 422


def test_requests_that_come_at_once_with_one_key_make_one_submission(open_school):
    key, answers = str(uuid.uuid4()), []
    actor = open_school.actor("ada")

    def send() -> None:
        answers.append(
            accept_submission(
                open_school.services,
                actor,
                course_name="dl",
                pset_name="pset1",
                files=[UploadedFile("alpha.py", b"1")],
                idempotency_key=key,
            )
        )

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 6
    assert len({answer.id for answer in answers}) == 1
    assert _rows(open_school, Submission) == 1


def test_the_due_moment_itself_is_in_time_and_the_next_is_not(open_school):
    due = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
    open_school.publish(due_at="2026-11-21T13:00:00+01:00")

    def send(at: datetime) -> None:
        accept_submission(
            open_school.services,
            open_school.actor("ada"),
            course_name="dl",
            pset_name="pset1",
            files=[UploadedFile("alpha.py", b"1")],
            idempotency_key=str(uuid.uuid4()),
            at=at,
        )

    send(due)
    with pytest.raises(PastDueError, match="2026-11-21 12:00 UTC"):
        send(due + timedelta(microseconds=1))
    assert _rows(open_school, Submission) == 1


def test_past_due_is_said_in_words(open_school):
    open_school.publish(due_at="2020-01-01T00:00:00Z")
    answer = open_school.post_files("ada", {"alpha.py": b"1"})
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "past_due"
    assert "extension" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "due_at", ["2026-11-21T12:00:00", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "soon"]
)
def test_a_due_date_is_a_moment_that_a_course_can_mean(school, due_at):
    answer = school.call("iris", "PUT", "/courses/dl/psets/pset1", json={"due_at": due_at})
    assert answer.status_code == 422


@pytest.mark.parametrize(
    "name",
    [
        "../alpha.py",
        "/etc/passwd",
        "alpha.py/../../beta.py",
        "sub/alpha.py",
        "..\\alpha.py",
        "ALPHA.py",
        "alpha.PY",
        "alpha.py ",
        "alpha.py.",
        "alpha",
        "alpha.pyc",
        "conftest.py",
        "torch.py",
        "CON.py",
        "аlpha.py",  # a Cyrillic letter
        "alpha.py\u202e",
        "a" * 500 + ".py",
        "<script>alert(1)</script>.py",
    ],
)
def test_only_the_sets_own_file_names_are_taken(open_school, name):
    answer = open_school.post_files("ada", {name: b"1"})
    assert answer.status_code == 422
    message = answer.json()["error"]["message"]
    assert "alpha.py, beta.py" in message
    assert len(message) < 300
    assert _rows(open_school, Submission) == 0


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"x = 1\0", "text file"),
        (b"\x80\x04\x95pickle", "UTF-8"),
        ("é = 1".encode("latin-1"), "UTF-8"),
        ("x = 1".encode("utf-16"), "UTF-8"),
        (b"# -*- coding: latin-1 -*-\nx = 1\n", "encoding"),
        (b"#coding: no-such-thing\n", "UTF-8"),
    ],
)
def test_only_utf8_text_is_taken(open_school, content, word):
    answer = open_school.post_files("ada", {"alpha.py": content})
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "bad_file"
    assert word in answer.json()["error"]["message"]


@pytest.mark.parametrize("content", [b"def f(:\n", b"", b"\xef\xbb\xbfx = 1\n", b"(" * 50_000, b"#\r\n" * 10])
def test_what_does_not_compile_is_taken_and_left_to_the_grader(open_school, content):
    assert open_school.post_files("ada", {"alpha.py": content}).status_code == 201


def test_a_file_name_may_come_once(open_school):
    answer = open_school.post_files("ada", [("alpha.py", b"1"), ("alpha.py", b"2")])
    assert answer.status_code == 422
    assert "twice" in answer.json()["error"]["message"]


def test_a_request_without_files_is_refused(open_school):
    answer = open_school.call(
        "ada",
        "POST",
        "/courses/dl/psets/pset1/submissions",
        data={"files": "alpha.py"},
        headers={"Idempotency-Key": str(uuid.uuid4())},
    )
    assert answer.status_code == 422


def test_sizes_are_bounded(open_school):
    assert open_school.post_files("ada", {"alpha.py": b"#" * LARGEST_SOURCE}).status_code == 201
    answer = open_school.post_files("ada", {"alpha.py": b"#" * (LARGEST_SOURCE + 1)})
    assert answer.status_code == 413
    assert answer.json()["error"]["code"] == "too_large"
    assert _rows(open_school, Submission) == 1


def test_many_files_are_refused(open_school):
    answer = open_school.post_files("ada", [(f"f{number}.py", b"") for number in range(1000)])
    assert answer.status_code in {400, 413, 422}
    assert _rows(open_school, Submission) == 0


def test_an_announced_body_that_is_too_large_is_refused_unread(open_school):
    answer = open_school.post_files("ada", {"alpha.py": b"#" * (MAX_BODY_BYTES + 1)})
    assert answer.status_code == 413
    assert "KiB" in answer.json()["error"]["message"]


def test_one_student_cannot_fill_the_queue(open_school):
    limit = open_school.settings.submissions_waiting
    for _ in range(limit):
        open_school.submit("ada")
    answer = open_school.post_files("ada", {"alpha.py": b"1"})
    assert answer.status_code == 429
    assert answer.json()["error"]["code"] == "too_many"
    open_school.submit("bob")
    open_school.grade()
    open_school.submit("ada")


def test_submissions_within_an_hour_are_counted(open_school):
    def send(at: datetime) -> None:
        accept_submission(
            services,
            open_school.actor("ada"),
            course_name="dl",
            pset_name="pset1",
            files=[UploadedFile("alpha.py", b"1")],
            idempotency_key=str(uuid.uuid4()),
            at=at,
        )

    settings = open_school.settings.model_copy(update={"submissions_per_hour": 2})
    services = dataclasses.replace(open_school.services, settings=settings)
    start = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
    send(start)
    send(start + timedelta(minutes=30))
    with pytest.raises(TooManyError, match="2 times within an hour"):
        send(start + timedelta(minutes=59))
    send(start + timedelta(minutes=61))


def test_when_the_commit_fails_nothing_is_left_behind(open_school, monkeypatch):
    def broken(*_arguments: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(intake, "_answer", broken)
    with pytest.raises(RuntimeError):
        accept_submission(
            open_school.services,
            open_school.actor("ada"),
            course_name="dl",
            pset_name="pset1",
            files=[UploadedFile("alpha.py", b"1")],
            idempotency_key=str(uuid.uuid4()),
        )
    assert _rows(open_school, Submission) == _rows(open_school, GradingJob) == 0


def zip_of(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(f"pset1/{name}.py", content)
    return out.getvalue()


def notebook_of(source: str, *tags: str) -> bytes:
    cell = {"cell_type": "code", "metadata": {"tags": tags}, "source": source, "outputs": ["a plot"]}
    return json.dumps({"nbformat": 4, "metadata": {}, "cells": [cell]}).encode()


def test_a_zip_is_graded_as_its_files_are_and_kept_as_it_came(open_school):
    archive = zip_of(alpha=b"a = 1\n", beta=b"b = 2\n")
    answer = open_school.post_files("ada", [("homework.zip", archive)])
    assert answer.status_code == 201, answer.text
    assert answer.json()["digest"] == submission_digest({"alpha": b"a = 1\n", "beta": b"b = 2\n"})
    here = f"/submissions/{answer.json()['id']}/uploads"
    assert open_school.get("tess", here).json() == [
        {"name": "homework.zip", "size": len(archive), "removed_at": None}
    ]
    kept = open_school.get("tess", f"{here}/homework.zip")
    assert kept.content == archive
    assert kept.headers["content-disposition"] == "attachment; filename*=UTF-8''homework.zip"
    assert kept.headers["content-type"] == "application/octet-stream"
    open_school.grade()
    assert open_school.grader.works[-1].files == {"alpha": b"a = 1\n", "beta": b"b = 2\n"}


def test_a_notebook_is_graded_by_its_selected_cells_and_kept_as_it_came(open_school):
    notebook = notebook_of("a = 1", "alpha")
    answer = open_school.post_files("ada", [("übung 1.ipynb", notebook), ("beta.py", b"b = 2\n")])
    assert answer.status_code == 201, answer.text
    here = f"/submissions/{answer.json()['id']}/uploads"
    assert [upload["name"] for upload in open_school.get("ada", here).json()] == ["übung 1.ipynb"]
    assert open_school.get("ada", f"{here}/übung 1.ipynb").content == notebook
    open_school.grade()
    assert open_school.grader.works[-1].files == {
        "alpha": b"# gradecli: from cell 1\na = 1\n",
        "beta": b"b = 2\n",
    }


def test_what_came_is_seen_by_whoever_sees_the_submission_and_nobody_else(open_school):
    answer = open_school.post_files("ada", [("homework.zip", zip_of(alpha=b"1"))])
    here = f"/submissions/{answer.json()['id']}/uploads"
    assert open_school.get("ada", here).status_code == open_school.get("iris", here).status_code == 200
    for who in ("bob", "eve"):
        assert open_school.get(who, here).status_code == 404
        assert open_school.get(who, f"{here}/homework.zip").status_code == 404
    for other in ("other.zip", "alpha.py", "..%2Fdatabase", "%00"):
        assert open_school.get("tess", f"{here}/{other}").status_code == 404


def test_the_same_files_in_another_wrapping_are_the_same_submission(open_school):
    key = str(uuid.uuid4())
    first = open_school.post_files("ada", {"alpha.py": b"1"}, key)
    assert open_school.post_files("ada", [("a.zip", zip_of(alpha=b"1"))], key).json() == first.json()


def test_a_large_notebook_is_taken_and_a_larger_one_told_to_lose_its_pictures(open_school):
    def with_picture(size: int) -> list[tuple[str, bytes]]:
        return [("work.ipynb", notebook_of("a = 1", "alpha").replace(b"a plot", b"x" * size))]

    assert open_school.post_files("ada", with_picture(4 * 2**20 - 1000)).status_code == 201
    answer = open_school.post_files("ada", with_picture(4 * 2**20))
    assert answer.status_code == 413
    assert "clear the outputs of notebooks" in answer.json()["error"]["message"]

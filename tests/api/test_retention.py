"""Retention: what goes, what stays, and that nothing is lost that still arrives."""

from __future__ import annotations

import os
import threading
import uuid
from datetime import timedelta

import pytest
from sqlalchemy import select, update

import api.models
from api.courses.models import PublishedPset
from api.database import Base, now
from api.gradebook.models import GradeChange, GradeReportRow
from api.jobs.models import GradingJob, JobState
from api.operations import retention
from api.operations.collection import REFERENCES, collect_garbage
from api.operations.models import AuditEntry
from api.operations.retention import Kind
from api.regrading.models import Regrade, RegradeItem, RegradeKind, RegradeState, Transcript
from api.settings import Settings
from api.store import ContentStore
from api.submissions.models import Submission, SubmissionUpload

assert api.models.__all__
LATER = timedelta(days=400)
DAY = timedelta(days=1)


@pytest.fixture
def rule(open_school):
    """A rule that removes everything once the course is over."""
    return Settings(
        data=open_school.settings.data,
        retention_files_days=30,
        retention_uploads_days=30,
        retention_transcripts_days=30,
    )


@pytest.fixture
def graded(open_school):
    """A graded submission of Ada's that came in an archive, with a transcript."""
    submission = open_school.submit("ada", b"x = 'ada'\n")
    open_school.grade()
    store, database = open_school.services.store, open_school.services.database
    with database.writing() as session:
        found = session.get_one(Submission, submission)
        session.add(SubmissionUpload(submission_id=submission, name="a.zip", sha256=store.put(b"PK"), size=2))
        session.add(
            Transcript(
                submission_id=submission,
                lease=1,
                package_digest=found.package_digest,
                environment_digest="e" * 64,
                sha256=store.put(b"transcript"),
                size=10,
            )
        )
    return submission


def _preview(school, rule, at=None):
    with school.services.database.reading() as session:
        return {each.kind: each for each in retention.preview(session, rule, at=at or now() + LATER)}


def _apply(school, rule, at=None):
    with school.services.database.writing() as session:
        return {each.kind: each for each in retention.apply(session, rule, at=at or now() + LATER)}


def _collect(school, *, remove=True, at=None):
    services = school.services
    return collect_garbage(services.database, services.store, at=at or now() + 2 * DAY, remove=remove)


def _blobs(school):
    return {path.name for path in (school.settings.data / "blobs").glob("*/*")}


def test_by_default_everything_is_kept_for_ever(open_school, graded):
    assert _preview(open_school, Settings(data=open_school.settings.data), now() + 10 * LATER) == {}


def test_the_preview_counts_and_changes_nothing(open_school, graded, rule):
    before = _blobs(open_school)
    found = _preview(open_school, rule)
    assert {kind: (each.course, each.submissions, each.items) for kind, each in found.items()} == {
        Kind.FILES: ("dl", 1, 1),
        Kind.UPLOADS: ("dl", 1, 1),
        Kind.TRANSCRIPTS: ("dl", 1, 1),
    }
    assert (found[Kind.FILES].bytes, found[Kind.UPLOADS].bytes, found[Kind.TRANSCRIPTS].bytes) == (10, 2, 10)
    assert _preview(open_school, rule) == found
    assert _blobs(open_school) == before


def test_a_course_keeps_everything_until_it_is_long_over(open_school, graded, rule):
    assert _preview(open_school, rule, now() + timedelta(days=364)) == {}
    with open_school.services.database.writing() as session:
        session.execute(update(PublishedPset).values(due_at=now() + timedelta(days=100)))
    assert _preview(open_school, rule, now() + timedelta(days=464)) == {}
    assert set(_preview(open_school, rule, now() + timedelta(days=466))) == set(Kind)


def test_each_kind_has_days_of_its_own(open_school, graded, rule):
    only = rule.model_copy(update={"retention_uploads_days": None, "retention_transcripts_days": 500})
    assert set(_preview(open_school, only)) == {Kind.FILES}


def test_files_go_and_the_grade_the_report_and_the_receipt_stay(open_school, graded, rule):
    report = open_school.get("ada", f"/submissions/{graded}/report")
    with open_school.services.database.reading() as session:
        digest = session.get_one(Submission, graded).digest
        kept = [session.scalars(select(kind.id)).all() for kind in (GradeReportRow, GradeChange)]
    assert set(_apply(open_school, rule)) == set(Kind)
    assert _collect(open_school).blobs == 3
    assert _apply(open_school, rule) == {}
    assert open_school.get("ada", f"/submissions/{graded}/report").content == report.content
    assert open_school.get("ada", "/courses/dl/scores").json()[0]["score"] == 10
    with open_school.services.database.reading() as session:
        submission = session.get_one(Submission, graded)
        assert submission.digest == digest
        assert [file.size for file in submission.files] == [10]
        assert [session.scalars(select(kind.id)).all() for kind in (GradeReportRow, GradeChange)] == kept
        assert session.scalars(select(Transcript.removed_at)).one() is not None


def test_uploads_that_were_removed_are_listed_with_the_day_and_not_to_be_had(open_school, graded, rule):
    listed = open_school.get("ada", f"/submissions/{graded}/uploads").json()
    assert listed == [{"name": "a.zip", "size": 2, "removed_at": None}]
    _apply(open_school, rule)
    (upload,) = open_school.get("ada", f"/submissions/{graded}/uploads").json()
    assert upload["removed_at"] is not None
    gone = open_school.get("ada", f"/submissions/{graded}/uploads/a.zip")
    assert (gone.status_code, gone.json()["error"]["code"]) == (410, "removed")


def test_a_superseded_submission_without_its_files_is_not_put_back_into_the_queue(open_school, rule):
    submission = open_school.submit("ada")
    with open_school.services.database.writing() as session:
        session.execute(update(GradingJob).values(state=JobState.SUPERSEDED, finished_at=now()))
    assert set(_apply(open_school, rule)) == {Kind.FILES}
    refused = open_school.call("tess", "POST", f"/submissions/{submission}/retry")
    assert refused.status_code == 410
    assert "It cannot be graded." in refused.json()["error"]["message"]


def test_the_audit_trail_says_what_was_removed(open_school, graded, rule):
    _apply(open_school, rule)
    with open_school.services.database.reading() as session:
        (entry,) = session.scalars(select(AuditEntry).where(AuditEntry.action == "retention.apply"))
    assert (entry.actor_id, entry.subject) == (None, "dl")
    assert entry.detail["files"] == {"items": 1, "bytes": 10}


@pytest.mark.parametrize("state", [JobState.QUEUED, JobState.RUNNING, JobState.PARKED])
def test_what_is_not_settled_stays(open_school, graded, rule, state):
    with open_school.services.database.writing() as session:
        session.execute(update(GradingJob).values(state=state))
    assert _preview(open_school, rule) == {}


def test_quarantined_evidence_stays(open_school, graded, rule):
    with open_school.services.database.writing() as session:
        session.execute(update(Submission).values(quarantined_at=now()))
    assert _preview(open_school, rule) == {}


@pytest.mark.parametrize(
    ("state", "stays"),
    [(RegradeState.READY, True), (RegradeState.RUNNING, True), (RegradeState.APPLIED, False)],
)
def test_what_an_open_regrade_needs_stays(open_school, graded, rule, user_id, state, stays):
    with open_school.services.database.writing() as session:
        submission = session.get_one(Submission, graded)
        regrade = Regrade(
            pset_id=submission.pset_id,
            kind=RegradeKind.REPLAY,
            package_digest=submission.package_digest,
            reason="a tolerance",
            state=state,
            requested_by=user_id("iris"),
        )
        session.add(regrade)
        session.flush()
        report = session.scalars(select(GradeReportRow.id)).one()
        session.add(RegradeItem(regrade_id=regrade.id, submission_id=graded, before_report_id=report))
    assert (_preview(open_school, rule) == {}) is stays


def test_a_file_that_another_submission_still_needs_stays_on_the_disk(open_school, graded, rule):
    again = open_school.submit("bob", b"x = 'ada'\n")
    _apply(open_school, rule)  # Bob's is not graded yet
    _collect(open_school)
    with open_school.services.database.reading() as session:
        submission = session.get_one(Submission, again)
        assert open_school.services.store.get(submission.files[0].sha256) == b"x = 'ada'\n"


def test_every_column_that_names_a_blob_is_known_to_the_collector():
    not_blobs = {("tokens", "sha256"), ("device_logins", "device_sha256")}
    named = {
        (table.name, column.name)
        for table in Base.metadata.tables.values()
        for column in table.columns
        if "sha256" in column.name
    }
    known = {(column.table.name, column.name) for query in REFERENCES for column in query.selected_columns}
    assert named - not_blobs == known


def test_what_belongs_to_nothing_is_collected_once_it_is_old(open_school, graded):
    store = open_school.services.store
    lost = store.put(b"a request that died before its commit")
    (open_school.settings.data / "staging" / "half").write_bytes(b"xxx")
    (open_school.settings.data / "staging" / "package").mkdir()
    assert _collect(open_school, at=now()).blobs == 0
    seen = _collect(open_school, remove=False)
    assert (seen.blobs, seen.leftovers) == (1, 2)
    assert lost in _blobs(open_school)
    kept = _blobs(open_school) - {lost}
    assert _collect(open_school) == seen
    assert _blobs(open_school) == kept
    assert list((open_school.settings.data / "staging").iterdir()) == []
    assert _collect(open_school).blobs == 0


def _age(school, name, age=10 * DAY):
    moment = (now() - age).timestamp()
    os.utime(school.settings.data / "blobs" / name[:2] / name, (moment, moment))


def test_putting_an_old_blob_again_keeps_it(open_school):
    store = open_school.services.store
    name = store.put(b"old")
    _age(open_school, name)
    store.put(b"old")
    assert not store.collect(name, now() - DAY)
    assert store.get(name) == b"old"


def test_a_blob_that_is_put_while_it_is_collected_is_not_lost(open_school, monkeypatch):
    """Both orders of the race: touched before it is moved aside, and missed after it was."""
    store = open_school.services.store
    name = store.put(b"old")
    _age(open_school, name)
    real = os.utime

    def touched_late(path, *arguments, **named):
        assert store.collect(name, now() - DAY)  # gone between the look and the touch
        return real(path, *arguments, **named)

    monkeypatch.setattr("api.store.os.utime", touched_late)
    assert store.put(b"old") == name
    monkeypatch.undo()
    assert store.get(name) == b"old"


@pytest.mark.slow
def test_submissions_that_arrive_during_collections_lose_nothing(open_school):
    """Everybody hands in contents whose blobs are old and belong to nothing: the worst case."""
    store = open_school.services.store
    contents = [f"x = {number}\n".encode() for number in range(30)]
    for content in contents:
        _age(open_school, store.put(content))
    stop, collections = threading.Event(), []

    def collect():
        while not stop.is_set():
            collections.append(_collect(open_school, at=now()))

    collector = threading.Thread(target=collect)
    collector.start()
    taken = []
    try:
        for content in contents:
            taken.append(open_school.post_files("ada", {"alpha.py": content}, key=str(uuid.uuid4())))
            with open_school.services.database.writing() as session:
                session.execute(update(GradingJob).values(state=JobState.DONE))
    finally:
        stop.set()
        collector.join()
    assert [answer.status_code for answer in taken] == [201] * len(contents)
    assert len(collections) > 1
    with open_school.services.database.reading() as session:
        for answer, content in zip(taken, contents, strict=True):
            submission = session.get_one(Submission, answer.json()["id"])
            assert store.get(submission.files[0].sha256) == content


def test_collecting_twice_at_once_does_no_harm(tmp_path):
    store = ContentStore(tmp_path)
    store.create()
    name = store.put(b"x")
    outcomes = [store.collect(name, now() + DAY) for _ in range(2)]
    assert outcomes == [True, False]

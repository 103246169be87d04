"""Health, readiness and metrics, as a monitor sees them."""

from __future__ import annotations

import shutil
import sqlite3
import types
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import update
from sqlalchemy.exc import DBAPIError, OperationalError

from api.database import now
from api.gradebook.models import GradeReportRow
from api.jobs.models import GradingJob
from api.jobs.queue import reclaim_expired
from api.monitoring import readiness
from api.settings import Settings
from grader import GradingFailedError

TOKEN = "a-token-for-the-monitor"


@pytest.fixture
def here(open_school):
    """A client on the server itself."""
    with TestClient(open_school.app, client=("127.0.0.1", 40_000)) as http:
        yield http


def _scrape(http):
    answer = http.get("/metrics")
    assert answer.status_code == 200, answer.text
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def _break_database(school, monkeypatch):
    def broken(*_arguments, **_named):
        raise OperationalError("SELECT 1", {}, sqlite3.OperationalError("disk I/O error at /secret/place"))

    monkeypatch.setattr(school.services.database.engine, "connect", broken)
    monkeypatch.setattr(school.services.database, "reading", broken)


def test_liveness_needs_nothing_but_the_process(school, monkeypatch):
    _break_database(school, monkeypatch)
    answer = school.http.get("/healthz")
    assert (answer.status_code, answer.json()["status"]) == (200, "alive")


def test_a_service_that_can_work_is_ready(school):
    answer = school.http.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["status"] == "ready"
    assert [part["name"] for part in answer.json()["parts"]] == ["database", "store", "disk", "grading"]


def _failing_part(school):
    answer = school.http.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["status"] == "not ready"
    for secret in (str(school.settings.data), "sqlite", "/secret", "Error"):
        assert secret not in answer.text
    (failing,) = [part for part in answer.json()["parts"] if not part["ok"]]
    return failing["name"], failing["detail"]


def test_a_database_that_does_not_answer_is_not_ready(school, monkeypatch):
    _break_database(school, monkeypatch)
    assert _failing_part(school) == ("database", "it does not answer")


def test_a_database_of_another_version_is_not_ready(school):
    with school.services.database.writing() as session:
        session.connection().exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    assert _failing_part(school) == ("database", "its schema is not the one of this version")


def test_a_store_that_takes_nothing_is_not_ready(school):
    shutil.rmtree(school.settings.data / "staging")
    assert _failing_part(school) == ("store", "it cannot be written to")


def test_a_disk_that_is_nearly_full_is_not_ready(school, monkeypatch):
    full = types.SimpleNamespace(total=2**40, used=2**40, free=2**20)
    monkeypatch.setattr(readiness.shutil, "disk_usage", lambda _: full)
    assert _failing_part(school) == ("disk", "less than 500 MiB are free")


def test_readiness_is_looked_at_once_a_second_however_often_it_is_asked(school, monkeypatch):
    looks = []
    monkeypatch.setattr(readiness, "require_current", looks.append)
    for _ in range(5):
        assert school.http.get("/readyz").status_code == 200
    assert len(looks) == 1


def test_requests_are_counted_by_template_and_never_by_address(open_school, here):
    submission = open_school.submit("ada")
    for path in (f"/submissions/{submission}", "/submissions/0000", "/none/of/these", "/courses/dl/psets"):
        open_school.get("ada", path)
    open_school.http.get("/courses/dl/psets/pset1")
    open_school.http.request("BREW", "/api/v1/me")
    seen = _scrape(here)

    def count(route, status, method="GET"):
        labels = (("method", method), ("route", route), ("status", status))
        return seen["gradecli_http_requests_total", *labels]

    assert count("/api/v1/submissions/{submission}", "200") == 1
    assert count("/api/v1/submissions/{submission}", "404") == 1
    assert count("/api/v1/courses/{course}/psets", "200") == 1
    assert count("/courses/{course}/psets/{pset}", "303") == 1
    assert count("(none)", "404") == 1
    assert count("/api/v1/me", "405", "other") == 1
    text = here.get("/metrics").text
    assert submission not in text
    assert "of/these" not in text


def test_an_unforeseen_error_counts_as_one(open_school, here, monkeypatch):
    def broken(*_arguments):
        raise RuntimeError

    monkeypatch.setattr("api.accounts.service.describe_me", broken)
    http = TestClient(open_school.app, raise_server_exceptions=False)
    http.get("/api/v1/me", headers={"Authorization": f"Bearer {open_school.tokens['ada']}"})
    labels = (("method", "GET"), ("route", "/api/v1/me"), ("status", "500"))
    assert _scrape(here)["gradecli_http_requests_total", *labels] == 1


def test_submissions_are_counted_as_taken_in_or_refused_with_the_reason(open_school, here):
    open_school.submit("ada")
    assert open_school.post_files("ada", {"wrong.py": b"1"}).status_code == 422
    assert open_school.post_files("eve", {"alpha.py": b"1"}).status_code == 404
    seen = _scrape(here)
    assert seen[("gradecli_submissions_accepted_total",)] == 1
    assert seen["gradecli_submissions_refused_total", ("reason", "bad_file")] == 1
    assert seen["gradecli_submissions_refused_total", ("reason", "not_found")] == 1


def test_jobs_gradings_and_failures_are_counted_from_the_database(open_school, here):
    graded = open_school.submit("ada")
    open_school.grade()
    waiting = open_school.submit("bob")
    with open_school.services.database.writing() as session:
        past = now() - timedelta(minutes=10)
        job = update(GradingJob).where(GradingJob.submission_id == waiting)
        session.execute(job.values(created_at=past))
        session.execute(
            update(GradingJob)
            .where(GradingJob.submission_id == graded)
            .values(started_at=GradingJob.created_at)
        )
        session.add(
            GradeReportRow(
                submission_id=graded, lease=7, worker="w", score=1, max_score=1, report_json="{}",
                backend="docker", runtimes="numpy+torch", seconds=3.5,
            )
        )  # fmt: skip
    seen = _scrape(here)
    assert seen["gradecli_jobs", ("state", "done")] == 1
    assert seen["gradecli_jobs", ("state", "queued")] == 1
    assert seen["gradecli_jobs", ("state", "parked")] == 0
    assert 600 <= seen[("gradecli_jobs_oldest_waiting_seconds",)] < 700
    assert seen["gradecli_queue_wait_seconds", ("quantile", "0.5")] == 0
    assert seen["gradecli_graded_total", ("backend", "scripted"), ("runtime", "numpy")] == 1
    labels = (("backend", "docker"), ("runtime", "numpy+torch"))
    assert seen["gradecli_graded_total", *labels] == 1
    assert seen["gradecli_grading_seconds_sum", *labels] == 3.5
    assert seen["gradecli_grading_seconds_bucket", labels[0], ("le", "2.5"), labels[1]] == 0
    assert seen["gradecli_grading_seconds_bucket", labels[0], ("le", "5.0"), labels[1]] == 1
    assert seen[("gradecli_database_up",)] == 1
    assert seen[("gradecli_disk_free_bytes",)] > 0


def test_lost_leases_and_retries_are_counted_apart_from_other_failures(open_school, here):
    open_school.submit("ada")
    open_school.grader.outcomes = [GradingFailedError("sandbox gone"), 10.0]
    worker = open_school.worker()
    worker.grade_one()
    with open_school.services.database.writing() as session:
        session.execute(update(GradingJob).values(not_before=now()))
    seen = _scrape(here)
    assert seen[("gradecli_grading_failures_total",)] == 1
    assert seen[("gradecli_leases_lost_total",)] == 0
    assert seen[("gradecli_grading_retries_total",)] == 0

    _fall_silent(open_school)
    open_school.grade()
    seen = _scrape(here)
    assert seen[("gradecli_grading_failures_total",)] == 2
    assert seen[("gradecli_leases_lost_total",)] == 1
    assert seen[("gradecli_grading_retries_total",)] == 2


def _fall_silent(school):
    """A worker takes the job and is never heard of again."""
    worker = school.worker("silent")
    assert worker._take() is not None
    with school.services.database.writing() as session:
        session.execute(update(GradingJob).values(lease_expires_at=now() - timedelta(seconds=1)))
        reclaim_expired(session, worker._policy)
        session.execute(update(GradingJob).values(not_before=now()))


def test_a_database_that_cannot_be_read_is_a_metric_not_an_error(open_school, here, monkeypatch):
    _break_database(open_school, monkeypatch)
    seen = _scrape(here)
    assert seen[("gradecli_database_up",)] == 0
    assert not any(name.startswith("gradecli_jobs") for name, *_ in seen)


def test_errors_of_the_database_are_counted_by_kind(open_school, here):
    with pytest.raises(DBAPIError) as failed, open_school.services.database.reading() as session:
        session.connection().exec_driver_sql("SELECT * FROM nowhere")
    kind = type(failed.value).__name__
    assert _scrape(here)["gradecli_database_errors_total", ("kind", kind)] == 1


def test_openmetrics_is_spoken_to_whoever_asks_for_it(here):
    answer = here.get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    families = {family.name for family in parse_openmetrics(answer.text)}
    assert {"gradecli_build_info", "gradecli_jobs", "gradecli_http_requests"} <= families


def test_metrics_answer_this_machine_alone(open_school, here):
    assert here.get("/metrics").status_code == 200
    for http, headers in (
        (TestClient(open_school.app, client=("192.0.2.7", 1)), {}),
        (TestClient(open_school.app, client=("::ffff:192.0.2.7", 1)), {}),
        (here, {"X-Forwarded-For": "192.0.2.7"}),
        (here, {"X-Forwarded-For": "127.0.0.1"}),
        (here, {"Forwarded": "for=127.0.0.1"}),
    ):
        answer = http.get("/metrics", headers=headers)
        assert answer.status_code == 403
        assert "gradecli_jobs" not in answer.text


def test_metrics_with_a_token_are_read_with_it_from_anywhere(open_school, here):
    services = open_school.services
    settings = Settings(data=services.settings.data, metrics_token=TOKEN)
    open_school.app.state.services = type(services)(
        **{name: getattr(services, name) for name in services.__slots__} | {"settings": settings}
    )
    far = TestClient(open_school.app, client=("192.0.2.7", 1))
    assert far.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Bearer ü".encode()}):
        for http in (far, here):
            answer = http.get("/metrics", headers=headers)
            assert answer.status_code == 401
            assert TOKEN not in answer.text

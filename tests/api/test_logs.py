"""Log lines: whole, about something, and without secrets."""

from __future__ import annotations

import io
import json
import logging
import threading
from contextvars import copy_context

import pytest
from fastapi.testclient import TestClient

from api.logs import about, never_log, note, redaction
from api.logs.lines import JsonLines, TextLines
from api.logs.redaction import redacted

TOKEN = "gc_Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9v"
KEY = "3f2b8c1e-9d4a-4f6b-8a1c-2e7d5b9f0a3c"


@pytest.fixture
def logged():
    """What is logged, as JSON lines; ``logged()`` has the objects, ``logged.text()`` everything."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines("test"))
    ours = logging.getLogger("api")  # the test's own client logs too
    before = ours.level
    ours.addHandler(handler)
    ours.setLevel(logging.INFO)

    def read():
        return [json.loads(line) for line in stream.getvalue().splitlines()]

    read.text = stream.getvalue
    yield read
    ours.removeHandler(handler)
    ours.setLevel(before)


@pytest.fixture(autouse=True)
def _no_known_secrets(monkeypatch):
    monkeypatch.setattr(redaction, "_known", set())


def _record(message, *arguments, error=None):
    return logging.LogRecord(
        "api.x", logging.INFO, __file__, 1, message, arguments, (type(error), error, None) if error else None
    )


def test_a_line_says_when_where_and_what(logged):
    logging.getLogger("api.x").info("hello %s", "world")
    (line,) = logged()
    assert line.pop("time").endswith("+00:00")
    assert line == {"level": "info", "process": "test", "logger": "api.x", "message": "hello world"}


def test_lines_say_what_they_are_about_in_threads_too(logged):
    log = logging.getLogger("api.x")
    with about(submission="s1", job=3):
        with about(lease=2):
            note(user=7)
            log.info("inner")
            thread = threading.Thread(target=copy_context().run, args=(log.info, "thread"))
            thread.start()
            thread.join()
        log.info("outer")
    note(user=8)
    log.info("outside")
    inner, thread, outer, outside = logged()
    for line in (inner, thread):
        assert (line["submission"], line["job"], line["lease"], line["user"]) == ("s1", 3, 2, 7)
    assert (outer["submission"], "lease" in outer, "user" in outer) == ("s1", False, False)
    assert "submission" not in outside
    assert "user" not in outside


NASTY = "line\nfeed\r\x1b[31mred\x00 \u2028 \u202e \x85 \udcff \x7f"


@pytest.mark.parametrize("lines", [JsonLines("web"), TextLines("web")])
def test_nothing_in_a_message_can_begin_a_line_or_move_the_cursor(lines):
    written = lines.format(_record("said %s", NASTY))
    assert written.isascii()
    assert len(written.splitlines()) == 1
    assert all(character.isprintable() for character in written)


def test_every_line_of_a_traceback_is_marked_in_text_and_none_is_one_in_json():
    forged = ValueError("x\n2026-11-21T00:00:00.000+00:00 web INFO api.x: a line that nobody wrote")
    first, *others = TextLines("web").format(_record("it failed", error=forged)).splitlines()
    assert first.endswith("api.x: it failed")
    assert all(line.startswith("    | ") for line in others)
    assert any("nobody wrote" in line for line in others)
    line = JsonLines("web").format(_record("it failed", error=forged))
    assert len(line.splitlines()) == 1
    assert "nobody wrote" in json.loads(line)["error"]


def test_details_cannot_pose_as_the_fields_of_a_line():
    record = _record("hello")
    record.details = {"level": "critical", "route": "/x\n", "token": "x"}
    line = json.loads(JsonLines("web").format(record))
    assert (line["level"], line["route"]) == ("info", "/x\n")


def test_a_mistaken_call_still_leaves_its_line():
    assert json.loads(JsonLines("web").format(_record("%d of %d", "x")))["message"] == "%d of %d"


def test_a_long_message_is_cut_and_says_so():
    assert len(JsonLines("web").format(_record("x" * 1_000_000))) < 9_000


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (f"token {TOKEN} refused", TOKEN),
        (f"Authorization: Bearer {TOKEN}", TOKEN),
        ("headers: [(b'authorization', b'Bearer abcdefghijkl')]", "abcdefghijkl"),
        ("Authorization: Basic dXNlcjpwYXNz", "dXNlcjpwYXNz"),
        (f"Cookie: gradecli_session={TOKEN}; theme=dark", TOKEN),
        ("(b'cookie', b'gradecli_session=abcdef123456')", "abcdef123456"),
        (f"GET /?token={TOKEN}&x=1", TOKEN),
        ("GET /?access_token=abcdef123456&x=1", "abcdef123456"),
        ("could not connect to postgresql+psycopg://grade:s3s@me!@db:5432/grade", "s3s@me!"),
        ("url='postgresql://grade:sesame@db/grade'", "sesame"),
        ('{"email": "a@b", "password": "correct horse"}', "correct horse"),
        ("password='correct horse'", "correct horse"),
        ("connection failed: host=db password=sesame user=x", "sesame"),
        (f"Idempotency-Key: {KEY}", KEY),
        (f"duplicate key (user_id, idempotency_key)=(3, {KEY})", KEY),
        ("csrf=0123456789abcdef", "0123456789abcdef"),
        ("Settings(metrics_token='sesame-open-now')", "sesame-open-now"),
    ],
)
def test_what_looks_like_a_secret_is_taken_out(text, secret):
    assert secret not in redacted(text)


@pytest.mark.parametrize(
    "text",
    [
        "grading submission 0123456789abcdef (lease 2)",
        "web is process 4711",
        "http://127.0.0.1:8000/courses/dl/psets/pset1",
        "the submission is " + "a" * 64,
        "worker host-4711-abcd1234 fell silent: it was killed, or its machine stopped",
    ],
)
def test_what_is_no_secret_stays(text):
    assert redacted(text) == text


def test_a_secret_that_looks_like_nothing_is_taken_out_once_it_is_known(logged):
    never_log("open sesame", "x")
    logging.getLogger("api.x").error("it said %r, x times", "open sesame", exc_info=ValueError("open sesame"))
    assert "open sesame" not in logged.text()
    assert "x times" in logged.text()


def test_a_request_has_one_line_with_its_template_and_person(open_school, logged, user_id):
    submission = open_school.submit("ada")
    open_school.get("ada", f"/submissions/{submission}?token={TOKEN}&note=hello")
    line = logged()[-1]
    assert line["logger"] == "api.access_log"
    assert line["message"] == "GET /api/v1/submissions/{submission}: 200"
    assert (line["route"], line["status"]) == ("/api/v1/submissions/{submission}", 200)
    assert (line["submission"], line["user"]) == (submission, user_id("ada"))
    assert line["seconds"] >= 0
    assert "hello" not in logged.text()


def test_probes_leave_no_line(school, logged):
    for path in ("/healthz", "/readyz"):
        school.http.get(path)
    assert logged() == []


def test_every_answer_names_its_request_and_so_do_its_lines(open_school, logged):
    answer = open_school.get("ada", "/courses/dl/psets")
    other = open_school.get(None, "/none")
    assert answer.headers["x-request-id"] != other.headers["x-request-id"]
    assert [line["request"] for line in logged()] == [
        answer.headers["x-request-id"],
        other.headers["x-request-id"],
    ]


def test_an_unforeseen_error_names_its_request_too(open_school, monkeypatch):
    def broken(*_arguments):
        raise RuntimeError

    monkeypatch.setattr("api.accounts.service.describe_me", broken)
    http = TestClient(open_school.app, raise_server_exceptions=False)
    answer = http.get("/api/v1/me", headers={"Authorization": f"Bearer {open_school.tokens['ada']}"})
    assert answer.status_code == 500
    assert len(answer.headers["x-request-id"]) == 16


@pytest.mark.parametrize(
    ("client", "given", "taken"),
    [
        ("127.0.0.1", "abcdef0123456789", True),
        ("192.0.2.7", "abcdef0123456789", False),
        ("127.0.0.1", "short", False),
        ("127.0.0.1", "x" * 65, False),
        ("127.0.0.1", 'abcdefgh" level="critical', False),
        ("testclient", "abcdef0123456789", False),
    ],
)
def test_a_request_id_is_taken_over_from_a_proxy_alone(open_school, client, given, taken):
    http = TestClient(open_school.app, client=(client, 1))
    answer = http.get("/healthz", headers={"X-Request-ID": given})
    assert (answer.headers["x-request-id"] == given) is taken


def test_a_worker_says_which_submission_and_lease_its_lines_are_about(open_school, logged):
    submission = open_school.submit("ada")
    open_school.grade()
    (line,) = [line for line in logged() if line["logger"] == "api.worker.loop"]
    assert (line["submission"], line["lease"], line["worker"]) == (submission, 1, "w1")
    assert line["job"] >= 1

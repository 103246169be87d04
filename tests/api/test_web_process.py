"""What the web process is, before any domain: bounded, guarded, light."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import pytest
from fastapi.testclient import TestClient

from api import body, errors, refusals
from api.accounts import service
from api.body import BoundedBody
from api.errors import ApiError, TooLargeError


def test_the_web_process_imports_neither_torch_nor_docker_nor_a_sandbox():
    program = (
        "import sys, api.app\n"
        "heavy = {'torch', 'docker', 'sandbox.backends.docker', 'sandbox.backends.bubblewrap',"
        " 'sandbox.backends.unisolated', 'api.worker', 'grader.child'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_answer_carries_the_security_headers(open_school):
    for path in (
        "/healthz",
        "/readyz",
        "/metrics",
        "/api/v1/me",
        "/api/v1/none",
        "/",
        "/none",
        "/api/v1/courses/dl/psets",
    ):
        headers = open_school.http.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "same-origin"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["cache-control"] == "no-store"


def test_a_refused_body_carries_them_too(school):
    answer = school.http.post("/api/v1/courses", content=b"x" * 100_000)
    assert answer.status_code == 413
    assert answer.json()["error"]["code"] == "too_large"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_body_without_announced_length_is_counted(school):
    pieces = (b"x" * 10_000 for _ in range(10))
    answer = school.http.post("/api/v1/courses", content=pieces)
    assert answer.status_code == 413


class _App:
    def __init__(self):
        self.bodies = []

    async def __call__(self, scope, receive, send):
        message = await receive()
        self.bodies.append(message["body"])


async def _exchange(messages, headers=(), path="/x"):
    app, sent = _App(), []
    queue = list(messages)

    async def receive():
        if not queue:
            await asyncio.sleep(60)
        return queue.pop(0)

    async def send(message):
        sent.append(message)

    def refuse(_request, error: ApiError):
        return refusals.as_json(error)

    scope = {"type": "http", "method": "POST", "path": path, "headers": list(headers), "query_string": b""}
    await BoundedBody(app, limits=(), refuse=refuse)(scope, receive, send)
    return app.bodies, [message["status"] for message in sent if "status" in message]


def _chunk(content, more=True):
    return {"type": "http.request", "body": content, "more_body": more}


def test_a_body_in_pieces_arrives_whole():
    messages = [_chunk(b"a"), _chunk(b""), _chunk(b"b", more=False)]
    assert asyncio.run(_exchange(messages)) == ([b"ab"], [])


def test_reading_stops_as_soon_as_the_limit_is_passed():
    messages = [_chunk(b"x" * 65_536), _chunk(b"x"), _chunk(b"never read", more=False)]
    assert asyncio.run(_exchange(messages)) == ([], [413])


@pytest.mark.parametrize("length", [b"9999999", b"9" * 5000, b"65537"])
def test_an_announced_length_is_refused_unread(length):
    assert asyncio.run(_exchange([], headers=[(b"content-length", length)])) == ([], [413])


@pytest.mark.parametrize("length", [b"-1", b"x", b"1e3", "٣".encode()])
def test_a_length_that_is_no_number_is_refused(length):
    assert asyncio.run(_exchange([], headers=[(b"content-length", length)])) == ([], [422])


def test_a_body_that_trickles_is_given_up(monkeypatch):
    monkeypatch.setattr(body, "_SECONDS", 0.05)
    assert asyncio.run(_exchange([_chunk(b"x")])) == ([], [408])


def test_a_client_that_goes_away_is_no_request():
    assert asyncio.run(_exchange([_chunk(b"x"), {"type": "http.disconnect"}])) == ([], [])


def test_a_number_too_large_to_be_one_is_refused_not_crashed_on(open_school):
    for path in (
        "/courses/dl/submissions?student=99999999999999999999999",
        "/courses/dl/submissions?limit=0",
        "/courses/dl/psets/pset1/students/99999999999999999999999/history",
        "/submissions/" + "%00" * 3,
        "/courses/%F0%9F%92%A9/psets",
        "/courses/dl/submissions?pset=" + "x" * 3000,
    ):
        answer = open_school.get("tess", path)
        assert answer.status_code in {404, 422}, path
        assert "error" in answer.json()


def test_an_unforeseen_error_is_told_in_our_own_words(open_school, monkeypatch):
    def broken(*_arguments):
        message = "secret detail"
        raise RuntimeError(message)

    monkeypatch.setattr(service, "describe_me", broken)
    http = TestClient(open_school.app, raise_server_exceptions=False)
    answer = http.get("/api/v1/me", headers={"Authorization": f"Bearer {open_school.tokens['ada']}"})
    assert answer.status_code == 500
    assert answer.json()["error"]["code"] == "internal"
    assert "secret" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_errors_have_distinct_codes_and_statuses():
    def tree(kind):
        return [kind, *(below for child in kind.__subclasses__() for below in tree(child))]

    kinds = [kind for kind in tree(ApiError)[1:] if not kind.__name__.startswith("_")]
    codes = [kind.code for kind in kinds]
    assert len(set(codes)) == len(codes)
    assert TooLargeError in kinds
    for kind in kinds:
        assert 400 <= kind.status < 600
        assert kind.__name__ in errors.__doc__

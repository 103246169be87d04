"""A running service that meets secrets everywhere, and logs none of them."""

from __future__ import annotations

import json
import re
import sqlite3
import uuid

import httpx2
import pytest

from tests.api.test_supervisor import Service, _submit, _until

pytestmark = pytest.mark.slow

MONITOR = "monitor-sesame-0123456789"
CONTENT = b"the_answer_of_ada = 'planted-content-4711'\n"
PASSWORD = "planted password 4711"


@pytest.fixture
def service(tmp_path, problems_root):
    running = Service(
        tmp_path / "data",
        problems_root,
        workers="1",
        log_format="json",
        log_level="debug",
        metrics_token=MONITOR,
    )
    yield running
    running.close()


def _plant(service, admin):
    """Requests with secrets wherever a request can have one; what they are answered does not matter."""
    key, forged = str(uuid.uuid4()), f"gc_{'planted' * 6}"
    http = service.http
    root = str(http.base_url).removesuffix("/api/v1/").removesuffix("/api/v1")
    bearer = {"Authorization": f"Bearer {admin}"}
    asked = [
        http.get("/me", headers=bearer),
        http.get("/me", headers={"Authorization": f"Bearer {forged}"}),
        http.get("/me", headers={"Authorization": f"Basic {forged}"}),
        http.get(f"/me?token={admin}&access_token={forged}", headers=bearer),
        http.get(f"/submissions/{admin}", headers=bearer),
        http.get(f"/courses/{forged}%0Aforged-line/psets", headers=bearer),
        http.get("/me", headers={**bearer, "X-Request-ID": admin}),
        http.get("/me", headers={"Cookie": f"gradecli_session={admin}", "User-Agent": f"x {forged}"}),
        http.post("/courses", headers=bearer, json={"name": forged, "title": 3, "password": PASSWORD}),
        http.post("/courses", headers=bearer, content=f'{{"token": "{admin}"'.encode()),
        http.post("/receipts/verify", headers=bearer, json={"receipt": f"{forged}.{forged}"}),
        http.post(f"{root}/login", data={"token": forged, "email": "a@b.c", "password": PASSWORD}),
        http.post(f"{root}/login", data={"token": admin}),
        http.get(f"{root}/metrics", headers={"Authorization": f"Bearer {MONITOR}"}),
        http.get(f"{root}/metrics?token={MONITOR}", headers={"Authorization": f"Bearer {MONITOR}x"}),
        http.post(
            "/courses/dl/psets/pset1/submissions",
            headers={**bearer, "Idempotency-Key": key},
            files=[("files", ("linear_softmax.py", CONTENT))],
        ),
        http.post(
            "/courses/dl/psets/pset1/submissions",
            headers={**bearer, "Idempotency-Key": f"{key}-{forged}"},
            files=[("files", (f"{forged}.py", CONTENT))],
        ),
    ]
    assert {answer.status_code for answer in asked} >= {200, 201, 401, 404, 422}
    assert all(answer.status_code < 500 for answer in asked)
    return [key, forged, PASSWORD, "planted-content-4711", MONITOR]


def test_no_secret_is_in_any_line_of_any_process(service):
    admin = re.search(r"gc_\S+", service.announced).group()
    service.call(admin, "POST", "/courses", json={"name": "dl", "title": "Deep learning"})
    service.call(admin, "PUT", "/courses/dl/psets/pset1", json={})
    secrets = [admin, *_plant(service, admin)]
    submission = _submit(service, admin, CONTENT)
    graded = {"graded", "failed"}
    _until(lambda: service.call(admin, "GET", f"/submissions/{submission}")["state"] in graded, 120)

    # Now requests break in the middle, with secrets in hand: their tracebacks are logged.
    with sqlite3.connect(service.data / "gradecli.sqlite3", timeout=20) as connection:
        connection.execute("ALTER TABLE tokens RENAME TO gone")
    broken = service.http.get("/me", headers={"Authorization": f"Bearer {admin}"})
    assert broken.status_code == 500
    assert "tokens" not in broken.text
    root = str(service.http.base_url).split("/api/")[0]
    page = httpx2.get(f"{root}/", headers={"Cookie": f"gradecli_session={admin}"})
    assert page.status_code == 500
    for inside in ("tokens", "sqlite", "Traceback", "api/", str(service.data)):
        assert inside not in page.text
    with sqlite3.connect(service.data / "gradecli.sqlite3", timeout=20) as connection:
        connection.execute("ALTER TABLE gone RENAME TO tokens")
    assert service.close() == 0

    key = (service.data / "service.key").read_bytes()
    secrets += [key.hex(), repr(key)[2:-1]]
    text = service.log.read_text()
    for secret in secrets:
        assert secret not in text
        assert secret.encode("unicode_escape").decode() not in text
    lines = [json.loads(line) for line in text.splitlines()]
    assert {line["process"] for line in lines} == {"supervisor", "web", "worker"}
    assert any("no such table" in line.get("error", "") for line in lines)
    failed = [line for line in lines if line.get("route") == "/api/v1/me" and line["status"] == 500]
    assert [line["request"] for line in failed] == [broken.headers["x-request-id"]]
    assert not [line for line in lines if "forged-line" in json.dumps(line)]

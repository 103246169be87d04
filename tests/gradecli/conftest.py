"""A course server that lives in this process, a home folder of one's own, and the command line."""

from __future__ import annotations

import functools
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesParser
from pathlib import Path
from typing import Any

import httpx2
import pytest
from typer.testing import CliRunner, Result

from gradecli.account_client import AccountService
from gradecli.client import CourseService
from gradecli.home import Credentials, Home
from gradecli.main import app
from gradecli.regrade_client import RegradeService

URL = "https://grade.example.edu"
TOKEN = "token-of-ada"


def zip_of(files: dict[str, bytes | str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


HANDOUT = {
    "pset1/README.md": "# Backprop by hand\n",
    "pset1/linear.py": "def forward(x):\n    raise NotImplementedError\n",
    "pset1/softmax.py": "def softmax(x):\n    raise NotImplementedError\n",
    "pset1/.gradecli/checks/linear.json": "{}",
    "pset1/.gradecli/pset.json": json.dumps(
        {"name": "pset1", "title": "x", "problems": [{"name": "linear"}, {"name": "softmax"}]}
    ),
}


def check(title: str = "The shape is right", **changes: Any) -> dict[str, Any]:
    made = {
        "name": "shape",
        "title": title,
        "visibility": "hidden",
        "verdict": "passed",
        "score": 2.0,
        "max_score": 2.0,
    }
    return made | {"message": "", "detail": "", "printed": "", "instance": None} | changes


def report(*checks: dict[str, Any], title: str = "Backprop by hand") -> dict[str, Any]:
    checks = checks or (
        check(),
        check("The gradient is right", name="grad", verdict="failed", score=0.0, message="dW is off."),
    )
    earned, most = sum(one["score"] for one in checks), sum(one["max_score"] for one in checks)
    problem = {
        "name": "linear",
        "title": "A linear layer",
        "score": earned,
        "max_score": most,
        "digest": "d",
        "runtime": "numpy",
        "message": "",
        "checks": list(checks),
    }
    environment = {"backend": "bubblewrap", "versions": {}, "not_enforced": [], "digest": "e"}
    return {
        "pset": "pset1",
        "title": title,
        "score": earned,
        "max_score": most,
        "submission_digest": "s",
        "environment": environment,
        "problems": [problem],
    }


def event(kind: str, data: dict[str, Any]) -> bytes:
    return f"event: {kind}\ndata: {json.dumps(data)}\n\n".encode()


class CutStream(httpx2.SyncByteStream):
    """Bytes of a body, and then a connection that breaks."""

    def __init__(self, *parts: bytes) -> None:
        self._parts = parts

    def __iter__(self) -> Iterator[bytes]:
        yield from self._parts
        raise httpx2.ReadError("connection reset")


@dataclass
class FakeServer:
    """Enough of the course service to hand in homework to; its fields are there to be changed."""

    me: dict[str, Any] = field(
        default_factory=lambda: {
            "id": 7,
            "name": "Ada",
            "email": "ada@example.edu",
            "is_admin": False,
            "enrolments": [{"course": "dl", "title": "Deep Learning", "role": "student"}],
        }
    )
    psets: list[dict[str, Any]] = field(
        default_factory=lambda: [
            {
                "name": "pset1",
                "title": "Backprop by hand",
                "digest": "d",
                "due_at": "2031-01-01T12:00:00Z",
                "max_score": 4.0,
                "published_at": "2030-01-01T12:00:00Z",
                "accepting": True,
                "my_score": None,
                "problems": [
                    {"name": "linear", "title": "A linear layer", "points": 2.0},
                    {"name": "softmax", "title": "Softmax", "points": 2.0},
                ],
            }
        ]
    )
    handout: bytes = field(default_factory=lambda: zip_of(HANDOUT))  # type: ignore[arg-type]
    report: dict[str, Any] = field(default_factory=report)
    streams: list[Callable[[], httpx2.Response]] = field(default_factory=list)
    """One for each time the events are asked for; then the plain story of a graded submission."""
    state: str = "graded"
    down: bool = False
    lose_answers: bool = False
    """Do what is asked, but let the connection break before the answer."""
    refuse_submissions: tuple[int, str, str] | None = None
    override: dict[tuple[str, str], httpx2.Response] = field(default_factory=dict)

    requests: list[httpx2.Request] = field(default_factory=list)
    submissions: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By idempotency key: the first answer, with the files that came."""

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        if self.down:
            raise httpx2.ConnectError("[Errno 111] Connection refused")
        self.requests.append(request)
        answer = self._answer(request)
        if self.lose_answers:
            raise httpx2.ReadError("connection reset")
        return answer

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        path = request.url.path.removeprefix("/api/v1")
        if (request.method, path) in self.override:
            return self.override[request.method, path]
        if request.headers["Authorization"] != f"Bearer {TOKEN}":
            return refusal(401, "unauthorized", "This token is not known here.")
        match request.method, path.split("/")[1:]:
            case "GET", ["me"]:
                return httpx2.Response(200, json=self.me)
            case "GET", ["courses", _, "psets"]:
                return httpx2.Response(200, json=self.psets)
            case "GET", ["courses", _, "psets", "pset1", "handout"]:
                return httpx2.Response(200, content=self.handout)
            case "POST", ["courses", _, "psets", "pset1", "submissions"]:
                return self._receive(request)
            case "GET", ["courses", _, "submissions"]:
                return httpx2.Response(200, json=[self._submission(one) for one in self.submissions.values()])
            case "GET", ["submissions", wanted, *rest] if any(
                s["id"] == wanted for s in self.submissions.values()
            ):
                return self._about(wanted, rest)
        return refusal(404, "not_found", "There is no such thing here.")

    def _receive(self, request: httpx2.Request) -> httpx2.Response:
        if self.refuse_submissions:
            return refusal(*self.refuse_submissions)
        key = request.headers["Idempotency-Key"]
        if key not in self.submissions:
            number = len(self.submissions) + 1
            self.submissions[key] = {
                "id": f"s{number}",
                "pset": "pset1",
                "attempt": number,
                "digest": "abc",
                "state": "queued",
                "received_at": f"2030-12-{number:02}T10:00:00Z",
                "receipt": f"signed-{number}",
                "files": files_of(request),
            }
        body = {name: value for name, value in self.submissions[key].items() if name != "files"}
        return httpx2.Response(201, json=body)

    def _about(self, wanted: str, rest: list[str]) -> httpx2.Response:
        made = next(one for one in self.submissions.values() if one["id"] == wanted)
        if rest == ["events"]:
            if self.streams:
                return self.streams.pop(0)()
            return stream(event("state", {"state": "running"}), event("report", self.report))
        if rest == ["report"]:
            return httpx2.Response(200, json=self.report)
        return httpx2.Response(200, json=self._submission(made))

    def _submission(self, made: dict[str, Any]) -> dict[str, Any]:
        graded = self.state == "graded"
        return {
            "id": made["id"],
            "course": "dl",
            "pset": "pset1",
            "student": {"id": 7, "name": "Ada"},
            "attempt": made["attempt"],
            "digest": "abc",
            "received_at": made["received_at"],
            "state": self.state,
            "score": self.report["score"] if graded else None,
            "max_score": 4.0,
            "queue_position": None,
        }


def refusal(status: int, code: str, message: str) -> httpx2.Response:
    return httpx2.Response(status, json={"error": {"code": code, "message": message}})


def stream(*events: bytes, cut: bool = False) -> httpx2.Response:
    body = CutStream(*events) if cut else httpx2.ByteStream(b"".join(events))
    return httpx2.Response(200, headers={"Content-Type": "text/event-stream"}, stream=body)


def files_of(request: httpx2.Request) -> dict[str, bytes]:
    head = f"Content-Type: {request.headers['Content-Type']}\r\n\r\n".encode()
    message: Message = BytesParser().parsebytes(head + request.read())
    parts = message.get_payload()
    assert isinstance(parts, list)
    return {str(part.get_filename()): part.get_payload(decode=True) for part in parts}  # type: ignore[misc]


class Make:
    """What tests build answers from."""

    url = URL
    token = TOKEN
    handout = HANDOUT
    zip = staticmethod(zip_of)
    check = staticmethod(check)
    report = staticmethod(report)
    event = staticmethod(event)
    stream = staticmethod(stream)
    refusal = staticmethod(refusal)


@pytest.fixture
def make() -> type[Make]:
    return Make


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """Nobody's real settings: each test has its own, and its own folder to work in."""
    monkeypatch.setenv("GRADECLI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "100")
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return Home()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> FakeServer:
    """A server that every command reaches, whatever the address."""
    fake = FakeServer()
    connect = functools.partial(
        CourseService, transport=httpx2.MockTransport(fake), sleep=lambda _seconds: None
    )
    monkeypatch.setattr("gradecli.session.CourseService", connect)
    monkeypatch.setattr("gradecli.account.CourseService", connect)
    account = functools.partial(
        AccountService, transport=httpx2.MockTransport(fake), sleep=lambda _seconds: None
    )
    monkeypatch.setattr("gradecli.account_client.AccountService", account)
    monkeypatch.setattr("gradecli.browser_login.AccountService", account)
    regrading = functools.partial(
        RegradeService, transport=httpx2.MockTransport(fake), sleep=lambda _seconds: None
    )
    monkeypatch.setattr("gradecli.regrade_client.RegradeService", regrading)
    monkeypatch.setattr("gradecli.following._PAUSE", 0.0)
    return fake


@pytest.fixture
def logged_in(server: FakeServer, home: Home) -> FakeServer:
    home.save_credentials(Credentials(url=URL, token=TOKEN, user_id="7", name="Ada"))
    return server


@pytest.fixture
def gradecli() -> Callable[..., Result]:
    """Runs a command in this process, as ``gradecli(*arguments, input=...)``."""

    def run(*arguments: str, **options: Any) -> Result:
        return CliRunner().invoke(
            app, list(arguments), prog_name="gradecli", catch_exceptions=False, **options
        )

    return run

"""Talking to a server that is slow, broken, absent, or not a course server at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from gradecli.addresses import normal_url
from gradecli.client import CourseService
from gradecli.errors import BadInputError, NotLoggedInError, RefusedError, UnreachableError
from gradecli.payloads import CheckEvent, IncidentEvent, ReportEvent, StateEvent

ME = {"id": 7, "name": "Ada", "email": "a@b", "is_admin": False, "enrolments": []}
RECEIVED = {
    "id": "s1",
    "pset": "pset1",
    "attempt": 1,
    "digest": "d",
    "received_at": "2030-01-01T00:00:00Z",
    "state": "queued",
    "receipt": "r",
}


class Script:
    """Answers, one for each request; an exception is raised instead."""

    def __init__(self, *answers: httpx2.Response | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[httpx2.Request] = []
        self.pauses: list[float] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def service(self) -> CourseService:
        transport = httpx2.MockTransport(self)
        return CourseService("https://x.example", "tok", transport=transport, sleep=self.pauses.append)


def test_it_speaks_as_the_person() -> None:
    script = Script(httpx2.Response(200, json=ME | {"new_field": 1}))
    assert script.service().me().id == "7"
    assert script.requests[0].headers["Authorization"] == "Bearer tok"
    assert str(script.requests[0].url) == "https://x.example/api/v1/me"


@pytest.mark.parametrize(
    "failure",
    [
        httpx2.ConnectError("refused"),
        httpx2.ReadTimeout("slow"),
        httpx2.RemoteProtocolError("cut"),
        httpx2.Response(502),
        httpx2.Response(503, json={"error": {"code": "x", "message": "Busy."}}),
        httpx2.Response(504),
    ],
)
def test_what_may_be_asked_twice_is_with_growing_pauses(failure: httpx2.Response | Exception) -> None:
    script = Script(failure, failure, httpx2.Response(200, json=ME))
    assert script.service().me().name == "Ada"
    assert len(script.requests) == 3
    assert script.pauses == sorted(script.pauses)


def test_it_gives_up_in_the_end() -> None:
    script = Script(httpx2.ConnectError("[Errno 111] Connection refused"))
    with pytest.raises(UnreachableError, match="no connection to https://x") as caught:
        script.service().me()
    assert len(script.requests) == 4
    assert not caught.value.may_have_arrived


def test_a_submission_is_repeated_under_the_same_key() -> None:
    script = Script(httpx2.ReadError("cut"), httpx2.Response(503), httpx2.Response(201, json=RECEIVED))
    received = script.service().submit("dl", "pset1", {"a.py": b"x = 1\r\n"}, key="k-1")
    assert received.receipt == "r"
    assert [request.headers["Idempotency-Key"] for request in script.requests] == ["k-1"] * 3
    assert all(b"x = 1\r\n" in request.read() for request in script.requests)


def test_it_remembers_that_an_earlier_try_may_have_arrived() -> None:
    refused = httpx2.ConnectError("refused")
    script = Script(httpx2.ReadError("cut"), refused, refused, refused)
    with pytest.raises(UnreachableError) as caught:
        script.service().submit("dl", "pset1", {"a.py": b""}, key="k")
    assert caught.value.may_have_arrived


@pytest.mark.parametrize("failure", [httpx2.ReadError("cut"), httpx2.Response(503)])
def test_what_must_not_happen_twice_is_asked_once(failure: httpx2.Response | Exception) -> None:
    script = Script(failure)
    with pytest.raises(UnreachableError):
        script.service().import_roster("dl", b"name,email,role\n")
    assert len(script.requests) == 1


def test_what_never_reached_the_server_is_asked_again_even_then() -> None:
    script = Script(httpx2.ConnectError("refused"), httpx2.Response(201, json={"name": "dl", "title": "DL"}))
    assert script.service().create_course("dl", "DL").name == "dl"


def test_a_refusal_is_the_servers_own_sentence(make: Any) -> None:
    script = Script(make.refusal(403, "past_due", "pset1 was due yesterday."))
    with pytest.raises(RefusedError, match="pset1 was due yesterday") as caught:
        script.service().submit("dl", "pset1", {"a.py": b""}, key="k")
    assert (caught.value.code, caught.value.status, len(script.requests)) == ("past_due", 403, 1)


def test_a_token_that_is_not_accepted_says_to_log_in(make: Any) -> None:
    with pytest.raises(NotLoggedInError, match="gradecli login https://x"):
        Script(make.refusal(401, "unauthorized", "Unknown token.")).service().me()


def test_too_many_requests_wait_only_when_the_wait_is_short() -> None:
    body = {"error": {"code": "too_many", "message": "Wait an hour."}}
    long = Script(httpx2.Response(429, json=body, headers={"Retry-After": "3600"}))
    with pytest.raises(RefusedError, match="Wait an hour"):
        long.service().me()
    assert long.pauses == []
    short = Script(
        httpx2.Response(429, json=body, headers={"Retry-After": "2"}), httpx2.Response(200, json=ME)
    )
    assert short.service().me().name == "Ada"
    assert short.pauses == [2.0]


@pytest.mark.parametrize(
    "answer",
    [
        httpx2.Response(200, text="<html>Welcome to the hotel's wifi</html>"),
        httpx2.Response(200, json=[]),
        httpx2.Response(200, json={"id": 7}),
        httpx2.Response(200, content=b"\xff\xfe"),
        httpx2.Response(302, headers={"Location": "https://login.hotel.example"}),
        httpx2.Response(404, text="nginx"),
        httpx2.Response(401, text="proxy"),
        httpx2.Response(200, content=b"x", headers={"Content-Encoding": "gzip"}),
    ],
)
def test_something_else_that_answers_is_named_as_such(answer: httpx2.Response) -> None:
    with pytest.raises(UnreachableError, match="not a course server"):
        Script(answer).service().me()


def test_a_failing_server_without_a_sentence_gets_ours() -> None:
    with pytest.raises(UnreachableError, match=r"problem of its own just now \(HTTP 500\)"):
        Script(httpx2.Response(500, text="Internal Server Error")).service().me()


def test_an_endless_answer_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gradecli.client.LARGEST_ANSWER", 1000)
    with pytest.raises(UnreachableError, match="far more than any answer"):
        Script(httpx2.Response(200, content=b"x" * 5000)).service().handout("dl", "pset1")


def test_names_stay_one_part_of_the_address() -> None:
    script = Script(httpx2.Response(200, content=b""))
    script.service().handout("../x", "a/b?c#d")
    assert script.requests[0].url.raw_path == b"/api/v1/courses/..%2Fx/psets/a%2Fb%3Fc%23d/handout"


def test_events_are_typed_and_end_with_the_report(make: Any) -> None:
    check = {"problem": "linear", "index": 1, "total": 2, "check": make.check()}
    script = Script(
        make.stream(
            b": keep-alive\n\n",
            make.event("state", {"state": "queued", "queue_position": 3}),
            make.event("check", check),
            make.event("something_new", {"x": 1}),
            make.event("report", make.report()),
            make.event("state", {"state": "never read"}),
        )
    )
    events = list(script.service().events("s1"))
    assert [type(event) for event in events] == [StateEvent, CheckEvent, ReportEvent]


@pytest.mark.parametrize(
    "broken",
    [
        lambda make: make.stream(make.event("state", {"state": "running"}), cut=True),
        lambda make: make.stream(make.event("state", {"state": "running"})),
        lambda make: make.stream(b"event: state\ndata: not json\n\n"),
        lambda make: make.stream(b"event: report\ndata: {}\n\n"),
        lambda make: httpx2.Response(200, json={}),
        lambda make: httpx2.Response(502),
    ],
)
def test_a_stream_that_ends_early_is_unreachable_not_graded(
    broken: Callable[[Any], httpx2.Response], make: Any
) -> None:
    with pytest.raises(UnreachableError):
        list(Script(broken(make)).service().events("s1"))


def test_an_incident_ends_the_stream(make: Any) -> None:
    script = Script(make.stream(make.event("incident", {"message": "The sandbox is broken."})))
    assert list(script.service().events("s1")) == [IncidentEvent(message="The sandbox is broken.")]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("https://grade.example.edu/", "https://grade.example.edu"),
        ("grade.example.edu", "https://grade.example.edu"),
        (" http://10.0.0.1:8000 ", "http://10.0.0.1:8000"),
        ("localhost:8000", "http://localhost:8000"),
        ("127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("https://example.edu/grading", "https://example.edu/grading"),
    ],
)
def test_addresses_are_kept_in_one_form(typed: str, kept: str) -> None:
    assert normal_url(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "ftp://x",
        "https://",
        "https://user:pass@x",
        "https://x/?q",
        "https://x:99999",
        "https://x y",
        "file:///etc",
        "https://x#y",
    ],
)
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(BadInputError, match="not a server's address"):
        normal_url(typed)

"""The course service, as seen from a laptop: one method for each thing it can be asked.

Requests that may safely be repeated are, a few times with growing pauses, when the network or the
server fails for a moment. What the server refuses becomes a :class:`RefusedError` with its own
sentence; silence and nonsense become :class:`UnreachableError`.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import quote

import httpx2
from pydantic import TypeAdapter, ValidationError

from gradecli import messages
from gradecli.addresses import is_this_machine
from gradecli.errors import NotLoggedInError, RefusedError, UnreachableError
from gradecli.mistake_payloads import Mistakes
from gradecli.payloads import (
    CheckEvent,
    Course,
    ErrorBody,
    Gradebook,
    Hold,
    IncidentEvent,
    Me,
    MyScore,
    Operations,
    Pset,
    Received,
    Report,
    ReportEvent,
    RosterResult,
    StateEvent,
    Submission,
    SubmissionEvent,
)

__all__ = ["CourseService"]

LARGEST_ANSWER = 64 * 2**20
"""Bytes of one answer that are read; handouts are a few kilobytes."""

_PAUSES = (0.3, 1.0, 2.5)  # seconds before each further try
_TIMEOUT = httpx2.Timeout(30.0, connect=10.0)
_PUBLISHING_TIMEOUT = httpx2.Timeout(330.0, connect=10.0)
_QUIET_STREAM = 60.0  # seconds without a sign of life before a stream of events is taken for dead
_TOO_MANY = 429
_PASSING = frozenset({_TOO_MANY, 502, 503, 504})  # statuses that say "not now" rather than "no"

Answer = TypeVar("Answer")


class CourseService:
    """A session with one server as one person.

    Args:
        url: The server's address, as :func:`gradecli.addresses.normal_url` gives it.
        token: The person's token; ``None`` for who has none yet.
        transport: Instead of the network, for tests.
        sleep: How to wait between tries.
    """

    def __init__(
        self,
        url: str,
        token: str | None,
        *,
        transport: httpx2.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.url = url
        self._sleep = sleep
        self._http = httpx2.Client(
            base_url=f"{url}/api/v1",
            headers={"User-Agent": "gradecli"} | ({"Authorization": f"Bearer {token}"} if token else {}),
            timeout=_TIMEOUT,
            transport=transport,
            # A proxy for the outside world cannot reach a server on this machine.
            trust_env=not self.is_local,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    @property
    def is_local(self) -> bool:
        """Whether the server is this very machine."""
        return is_this_machine(self.url)

    # -- students ------------------------------------------------------------------------------

    def me(self) -> Me:
        return self._get("/me", Me)

    def psets(self, course: str) -> tuple[Pset, ...]:
        return self._get(f"/courses/{_part(course)}/psets", tuple[Pset, ...])

    def handout(self, course: str, pset: str) -> bytes:
        """The zip file that a student starts from, as the server sent it: not to be trusted."""
        return self._send("GET", f"/courses/{_part(course)}/psets/{_part(pset)}/handout")

    def submit(self, course: str, pset: str, files: Mapping[str, bytes], *, key: str) -> Received:
        """Hand in ``files`` (name to content). The same ``key`` never makes a second submission."""
        content = self._send(
            "POST",
            f"/courses/{_part(course)}/psets/{_part(pset)}/submissions",
            files=[("files", (name, data, "text/x-python")) for name, data in files.items()],
            headers={"Idempotency-Key": key},
        )
        return self._read(content, Received)

    def submission(self, submission_id: str) -> Submission:
        return self._get(f"/submissions/{_part(submission_id)}", Submission)

    def submissions(self, course: str, *, pset: str | None = None) -> tuple[Submission, ...]:
        query = f"?pset={_part(pset)}" if pset else ""
        return self._get(f"/courses/{_part(course)}/submissions{query}", tuple[Submission, ...])

    def report(self, submission_id: str) -> Report:
        return self._get(f"/submissions/{_part(submission_id)}/report", Report)

    def submitted_file(self, submission_id: str, name: str) -> bytes:
        """A file as it was graded."""
        return self._send("GET", f"/submissions/{_part(submission_id)}/files/{_part(name)}")

    def scores(self, course: str) -> tuple[MyScore, ...]:
        return self._get(f"/courses/{_part(course)}/scores", tuple[MyScore, ...])

    def events(self, submission_id: str) -> Iterator[SubmissionEvent]:
        """The life of a submission from its beginning, as it happens.

        Ends with a :class:`ReportEvent`, an :class:`IncidentEvent`, or a state in which it stays.

        Raises:
            UnreachableError: the stream broke or ended before that; asking again starts it anew.
        """
        path = f"/submissions/{_part(submission_id)}/events"
        timeout = httpx2.Timeout(_QUIET_STREAM, connect=10.0)
        with self._network(), self._http.sse(path, timeout=timeout) as source:
            if source.response.status_code != httpx2.codes.OK:
                raise self._refusal(source.response.status_code, _bounded(source.response))
            for sent in source:
                event = self._event(sent)
                if event is not None:
                    yield event
                if isinstance(event, ReportEvent | IncidentEvent):
                    return
                if isinstance(event, StateEvent) and event.is_final:
                    return
        raise UnreachableError(messages.server_went_away(self.url))

    # -- staff ---------------------------------------------------------------------------------

    def create_course(self, name: str, title: str) -> Course:
        return self._read(self._send("POST", "/courses", json={"name": name, "title": title}), Course)

    def publish(self, course: str, pset: str, due_at: str | None) -> Pset:
        """Publish a set, or change when it is due. ``due_at``: ISO 8601 with a zone; ``None``: never."""
        path = f"/courses/{_part(course)}/psets/{_part(pset)}"
        # The server loads the package and makes the handout before it answers.
        content = self._send("PUT", path, json={"due_at": due_at}, timeout=_PUBLISHING_TIMEOUT)
        return self._read(content, Pset)

    def import_roster(self, course: str, roster: bytes) -> RosterResult:
        content = self._send(
            "POST",
            f"/courses/{_part(course)}/roster",
            content=roster,
            headers={"Content-Type": "text/csv; charset=utf-8"},
        )
        return self._read(content, RosterResult)

    def gradebook(self, course: str, section: str | None = None) -> Gradebook:
        return self._get(f"/courses/{_part(course)}/gradebook{_of(section)}", Gradebook)

    def gradebook_csv(self, course: str, section: str | None = None) -> bytes:
        return self._send("GET", f"/courses/{_part(course)}/gradebook.csv{_of(section)}")

    def mistakes(self, course: str, pset: str, section: str | None = None) -> Mistakes:
        return self._get(f"/courses/{_part(course)}/psets/{_part(pset)}/mistakes{_of(section)}", Mistakes)

    def change_course(self, course: str, *, supersede_queued: bool) -> Course:
        body = {"supersede_queued": supersede_queued}
        return self._read(self._send("PATCH", f"/courses/{_part(course)}", json=body), Course)

    def operations(self, course: str) -> Operations:
        return self._get(f"/courses/{_part(course)}/operations", Operations)

    def holds(self, course: str | None) -> tuple[Hold, ...]:
        """What is held in a course, or (``None``) anywhere."""
        path = "/holds" if course is None else f"/courses/{_part(course)}/holds"
        return self._get(path, tuple[Hold, ...])

    def hold(self, course: str, *, reason: str, pset: str | None, student: str | None) -> Hold:
        body = {"reason": reason, "pset": pset, "student": student}
        return self._read(self._send("POST", f"/courses/{_part(course)}/holds", json=body), Hold)

    def hold_everything(self, reason: str) -> Hold:
        return self._read(self._send("POST", "/holds", json={"reason": reason}), Hold)

    def lift_hold(self, number: int) -> Hold:
        return self._read(self._send("POST", f"/holds/{number}/lift"), Hold)

    def quarantine(self, submission_id: str, reason: str) -> Submission:
        path = f"/submissions/{_part(submission_id)}/quarantine"
        return self._read(self._send("POST", path, json={"reason": reason}), Submission)

    def lift_quarantine(self, submission_id: str) -> Submission:
        path = f"/submissions/{_part(submission_id)}/quarantine"
        return self._read(self._send("DELETE", path), Submission)

    # -- how -----------------------------------------------------------------------------------

    def _get(self, path: str, kind: type[Answer]) -> Answer:
        return self._read(self._send("GET", path), kind)

    def _send(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        json: Mapping[str, object] | None = None,
        content: bytes | None = None,
        files: list[tuple[str, tuple[str, bytes, str]]] | None = None,
        timeout: httpx2.Timeout = _TIMEOUT,
    ) -> bytes:
        repeatable = method in {"GET", "PUT"} or "Idempotency-Key" in (headers or {})
        may_have_arrived = False
        for pause in (*_PAUSES, None):
            asked_pause: float | None = None
            request = self._http.build_request(
                method, path, headers=headers, json=json, content=content, files=files, timeout=timeout
            )
            try:
                status, body, asked_pause = self._exchange(request)
            except UnreachableError as error:
                may_have_arrived = may_have_arrived or error.may_have_arrived
                if pause is None or (may_have_arrived and not repeatable):
                    error.may_have_arrived = may_have_arrived
                    raise
            else:
                if httpx2.codes.is_success(status):
                    return body
                may_have_arrived = True
                worth_waiting = status in _PASSING and (status != _TOO_MANY or asked_pause is not None)
                if pause is None or not repeatable or not worth_waiting:
                    raise self._refusal(status, body)
            self._sleep(asked_pause or (pause or 0.0) * random.uniform(0.8, 1.2))  # noqa: S311 - spreads load
        raise AssertionError("the last try returns or raises")

    def _exchange(self, request: httpx2.Request) -> tuple[int, bytes, float | None]:
        with self._network():
            response = self._http.send(request, stream=True)
            try:
                return response.status_code, _bounded(response), _retry_after(response)
            finally:
                response.close()

    @contextmanager
    def _network(self) -> Iterator[None]:
        try:
            yield
        except httpx2.ConnectError as error:
            raise UnreachableError(
                messages.no_connection(self.url, str(error)), may_have_arrived=False
            ) from error
        except httpx2.TimeoutException as error:
            raise UnreachableError(messages.no_answer_in_time(self.url)) from error
        except httpx2.SSEError as error:
            raise UnreachableError(messages.not_a_course_server(self.url)) from error
        except httpx2.TransportError as error:
            raise UnreachableError(messages.server_went_away(self.url)) from error
        except httpx2.HTTPError as error:
            raise UnreachableError(messages.not_a_course_server(self.url)) from error

    def _refusal(self, status: int, body: bytes) -> Exception:
        try:
            said = ErrorBody.model_validate_json(body).error
        except ValidationError:
            said = None
        if said is None:
            if status >= httpx2.codes.INTERNAL_SERVER_ERROR or status in _PASSING:
                return UnreachableError(messages.server_is_failing(self.url, status))
            return UnreachableError(messages.not_a_course_server(self.url, status))
        if status == httpx2.codes.UNAUTHORIZED:
            return NotLoggedInError(messages.token_not_accepted(self.url, said.message))
        if status >= httpx2.codes.INTERNAL_SERVER_ERROR:
            return UnreachableError(said.message)
        return RefusedError(said.message, code=said.code, status=status)

    def _read(self, content: bytes, kind: type[Answer]) -> Answer:
        try:
            return TypeAdapter(kind).validate_json(content)
        except ValidationError as error:
            raise UnreachableError(messages.not_a_course_server(self.url)) from error

    def _event(self, sent: httpx2.ServerSentEvent) -> SubmissionEvent | None:
        content = sent.data.encode(errors="replace")
        if sent.event == "report":
            return ReportEvent(report=self._read(content, Report))
        if sent.event == "check":
            return self._read(content, CheckEvent)
        if sent.event == "state":
            return self._read(content, StateEvent)
        if sent.event == "incident":
            return self._read(content, IncidentEvent)
        return None  # a newer server may tell more than this client knows


def _part(text: str) -> str:
    """One part of a path; a name with a slash stays one part and finds nothing."""
    return quote(text, safe="")


def _of(section: str | None) -> str:
    return "" if section is None else f"?section={_part(section)}"


def _bounded(response: httpx2.Response) -> bytes:
    content = bytearray()
    for chunk in response.iter_bytes():
        content += chunk
        if len(content) > LARGEST_ANSWER:
            raise UnreachableError(messages.answer_too_large(str(response.url.host)))
    return bytes(content)


def _retry_after(response: httpx2.Response) -> float | None:
    """The pause that the server asks for, in seconds, when it is one worth waiting for here."""
    value = response.headers.get("Retry-After", "")
    return float(value) if value.isdecimal() and int(value) <= 10 else None

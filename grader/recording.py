"""Records what a module was asked and answered, and answers the same questions again without it."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from grader.authoring.comparison import compare
from grader.errors import BadSubmissionError
from sandbox import Session
from sandbox.session import Answer
from sandbox.wire.frames import PREFIX_BYTES, FrameLimits, read_prefix
from sandbox.wire.messages import Message, Operation, Request, Returned, pack_message, unpack_message
from sandbox.wire.values import HandleRef

__all__ = ["Exchange", "RecordedSession", "RecordingSession", "exchanges_from_json", "exchanges_to_json"]

_SAME = 1e-6  # inputs may differ in their last digits between machines; other inputs differ by far more


@dataclass(frozen=True, slots=True)
class Exchange:
    """One question and its answer."""

    request: Request
    answer: Returned


class RecordingSession:
    """Passes requests on to a session and keeps each with its answer, in :attr:`exchanges`.

    Both are kept as they cross the wire at that moment: a check may change its arrays in place later.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self.exchanges: list[Exchange] = []

    def request(
        self,
        operation: Operation,
        *operands: object,
        time_limit: float | None = None,
        release: tuple[int, ...] = (),
    ) -> Answer:
        number = len(self.exchanges)
        asked = _to_text(Request(number, operation, operands))
        answer = self._session.request(operation, *operands, time_limit=time_limit, release=release)
        if operation is not Operation.LOAD:
            self.exchanges.append(_exchange(asked, _to_text(Returned(number, answer.value))))
        return answer


class RecordedSession:
    """Answers from a recording, in order, where the questions are the recorded ones."""

    def __init__(self, exchanges: tuple[Exchange, ...]) -> None:
        self._remaining = list(exchanges)

    def request(
        self,
        operation: Operation,
        *operands: object,
        time_limit: float | None = None,
        release: tuple[int, ...] = (),
    ) -> Answer:
        """The recorded answer.

        Raises:
            BadSubmissionError: the recording does not fit these checks.
        """
        exchange = self._remaining.pop(0) if self._remaining else None
        if (
            exchange is None
            or exchange.request.operation is not operation
            or not _alike(operands, exchange.request.operands)
        ):
            raise BadSubmissionError(
                "The public checks in this folder do not fit their recorded answers. Download the set again "
                "with `gradecli start`; your own files are kept."
            )
        return Answer(exchange.answer.value, "")


def exchanges_to_json(recordings: Mapping[str, tuple[Exchange, ...]]) -> str:
    """Recordings by check as JSON; values are frames of the wire in base64."""
    table = {
        check: [[_to_text(exchange.request), _to_text(exchange.answer)] for exchange in exchanges]
        for check, exchanges in recordings.items()
    }
    return json.dumps(table, indent=1)


def exchanges_from_json(text: str) -> dict[str, tuple[Exchange, ...]]:
    """The inverse of :func:`exchanges_to_json`.

    Raises:
        ValueError: the text is not such a recording.
    """
    table = json.loads(text)
    try:
        return {check: tuple(_exchange(*pair) for pair in pairs) for check, pairs in table.items()}
    except (AttributeError, TypeError) as error:
        raise ValueError("this is no recording") from error


def _exchange(asked: str, answered: str) -> Exchange:
    request, answer = _from_text(asked), _from_text(answered)
    if not isinstance(request, Request) or not isinstance(answer, Returned):
        raise TypeError("an exchange is a request and its answer")
    return Exchange(request, answer)


def _to_text(message: Message) -> str:
    return base64.b64encode(b"".join(pack_message(message))).decode()


def _from_text(text: str) -> Message:
    data, limits = bytearray(base64.b64decode(text, validate=True)), FrameLimits()
    sizes = read_prefix(data[:PREFIX_BYTES], limits)
    middle = PREFIX_BYTES + sizes.header_bytes
    return unpack_message(data[PREFIX_BYTES:middle], data[middle:], limits, lambda reference: reference)


def _alike(mine: Any, recorded: Any) -> bool:
    if isinstance(recorded, HandleRef | slice):
        return bool(mine == recorded)
    if isinstance(recorded, tuple | list):
        return (
            type(mine) is type(recorded) and len(mine) == len(recorded) and all(map(_alike, mine, recorded))
        )
    if isinstance(recorded, dict):
        return (
            type(mine) is dict
            and mine.keys() == recorded.keys()
            and all(_alike(mine[key], value) for key, value in recorded.items())
        )
    return compare(mine, recorded, "", _SAME, _SAME, dtype=True) is None

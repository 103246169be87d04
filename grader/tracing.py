"""A trace: all that a check asked a module and what came of it, kept as values that nothing changes later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sandbox import Session
from sandbox.errors import StudentCodeError
from sandbox.session import Answer
from sandbox.wire.frames import PREFIX_BYTES, FrameLimits, read_prefix
from sandbox.wire.messages import Message, Operation, Request, Returned, pack_message, unpack_message

__all__ = ["Step", "Tracing"]

_LIMITS: Final = FrameLimits(body_bytes=2**40, nodes=10**7)


@dataclass(frozen=True, slots=True)
class Step:
    """One request, with its value or with the error it ended with. Loads are not kept."""

    operation: Operation
    operands: tuple[object, ...]
    value: object
    error: StudentCodeError | None = None


class Tracing:
    """A session that keeps each request with what came of it, in :attr:`steps`.

    Both are kept as they cross the wire at that moment: a check may change its arrays in place later.
    """

    def __init__(self, session: Session) -> None:
        self.steps: list[Step] = []
        self._session = session

    def request(
        self,
        operation: Operation,
        *operands: object,
        time_limit: float | None = None,
        release: tuple[int, ...] = (),
    ) -> Answer:
        """See :meth:`sandbox.session.Session.request`."""
        if operation is Operation.LOAD:
            return self._session.request(operation, *operands, time_limit=time_limit, release=release)
        asked = _copied(Request(0, operation, operands))
        assert isinstance(asked, Request)
        try:
            answer = self._session.request(operation, *operands, time_limit=time_limit, release=release)
        except StudentCodeError as error:
            self.steps.append(Step(operation, asked.operands, None, error))
            raise
        returned = _copied(Returned(0, answer.value))
        assert isinstance(returned, Returned)
        self.steps.append(Step(operation, asked.operands, returned.value))
        return answer


def _copied(message: Message) -> Message:
    data = bytearray(b"".join(pack_message(message)))
    sizes = read_prefix(data[:PREFIX_BYTES], _LIMITS)
    middle = PREFIX_BYTES + sizes.header_bytes
    return unpack_message(data[PREFIX_BYTES:middle], data[middle:], _LIMITS, lambda reference: reference)

"""The guest's own code, run in this process: for trusted code only, such as a reference solution.

Requests and replies still cross the wire's encoding, so a value looks the same to a check whether it
came from here or from a sandbox.
"""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self, cast

from sandbox.guest.servant import Servant
from sandbox.guest.serving import reply_to
from sandbox.session import Answer, raise_failure
from sandbox.spec import Limits
from sandbox.wire.frames import PREFIX_BYTES, Buffer, FrameLimits, read_prefix
from sandbox.wire.messages import Message, Operation, Raised, Reply, Request, pack_message, unpack_message

__all__ = ["InProcessSession"]

_LIMITS = FrameLimits(body_bytes=2**40, nodes=10**7)


class InProcessSession:
    """A :class:`sandbox.session.Session` without a sandbox. A context manager: it owns a folder."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="gradecli-inprocess-")
        self._servant = Servant(Path(self._folder.name), printed_limit=Limits().printed_bytes)
        self._numbers = itertools.count()
        self._files: Mapping[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Remove the files that were loaded."""
        self._folder.cleanup()

    def request(
        self,
        operation: Operation,
        *operands: object,
        time_limit: float | None = None,
        release: tuple[int, ...] = (),
    ) -> Answer:
        """See :meth:`sandbox.session.Session.request`."""
        if operation is Operation.LOAD:
            self._files = cast("Mapping[str, str]", operands[0])
        request = Request(next(self._numbers), operation, operands, release)
        received = cast("Request", _cross(pack_message(request), resolve=self._servant))
        reply = cast("Reply", _cross(reply_to(self._servant, received)))
        if isinstance(reply, Raised):
            raise_failure(reply, Limits().memory_bytes, self._files)
        return Answer(reply.value, reply.printed)


def _cross(parts: list[Buffer], resolve: Servant | None = None) -> Message:
    data = bytearray().join(parts)
    sizes = read_prefix(memoryview(data)[:PREFIX_BYTES], _LIMITS)
    middle = PREFIX_BYTES + sizes.header_bytes
    header, body = memoryview(data)[PREFIX_BYTES:middle], data[middle:]
    return unpack_message(header, body, _LIMITS, resolve.resolve if resolve else _keep)


def _keep(reference: object) -> object:
    return reference

"""The guest's loop: read a request, answer it, until the host hangs up."""

from __future__ import annotations

import os
from pathlib import Path

from sandbox.guest.servant import Servant
from sandbox.wire.frames import PREFIX_BYTES, Buffer, FrameLimits, read_prefix
from sandbox.wire.messages import Hello, Raised, Request, pack_message, unpack_message
from sandbox.wire.values import UnsupportedValueError

__all__ = ["reply_to", "serve"]

_REQUEST_LIMITS = FrameLimits(body_bytes=2**40, nodes=10**7)  # requests come from the trusted side


def serve(
    incoming: int, outgoing: int, workdir: Path, limits: dict[str, int | None], versions: dict[str, str]
) -> None:
    """Say hello, then answer requests on the two descriptors until the first is closed."""
    servant = Servant(workdir, printed_limit=limits.get("printed_bytes") or 2**20)
    _write(outgoing, pack_message(Hello(versions)))
    while (prefix := _read(incoming, PREFIX_BYTES)) is not None:
        header_bytes, body_bytes = read_prefix(prefix, _REQUEST_LIMITS)
        header, body = _read(incoming, header_bytes), _read(incoming, body_bytes)
        if header is None or body is None:
            return
        request = unpack_message(header, body, _REQUEST_LIMITS, servant.resolve)
        assert isinstance(request, Request)
        _write(outgoing, reply_to(servant, request))


def reply_to(servant: Servant, request: Request) -> list[Buffer]:
    """The frame that answers ``request``; a value that cannot cross becomes a failure that says so."""
    reply = servant.answer(request)
    try:
        return pack_message(reply, servant.handle)
    except UnsupportedValueError as error:
        return pack_message(servant.unsupported(request, error))
    except RecursionError:
        return pack_message(servant.unsupported(request, UnsupportedValueError("a value contains itself")))
    except BaseException as error:
        failed = servant.unsupported(request, UnsupportedValueError(type(error).__name__))
        return pack_message(Raised(failed.number, failed.failure, failed.kind, failed.text))


def _read(descriptor: int, count: int) -> bytearray | None:
    data = bytearray(count)
    view, filled = memoryview(data), 0
    while filled < count:
        got = os.readv(descriptor, [view[filled:]])
        if got == 0:
            return None
        filled += got
    return data


def _write(descriptor: int, parts: list[Buffer]) -> None:
    for part in parts:
        view = memoryview(part).cast("B")
        while view:
            view = view[os.write(descriptor, view) :]

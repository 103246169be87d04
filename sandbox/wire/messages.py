"""Messages: what the host asks of the guest, and what the guest answers.

A request names an operation and carries its operands as values; the guest answers each with exactly
one reply that repeats the request's number. The guest never asks the host anything.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sandbox.wire.frames import Buffer, FrameLimits, WireError, pack_frame, parse_header, split_body
from sandbox.wire.values import Decoder, Encoder, HandleRef

__all__ = [
    "Failure",
    "Frame",
    "Hello",
    "Operation",
    "Raised",
    "Reply",
    "Request",
    "Returned",
    "pack_message",
    "unpack_message",
]

MAX_TEXT = 4_000
MAX_FRAMES = 20


class Operation(StrEnum):
    """What the guest can be asked. The operands of each are in its line."""

    LOAD = "load"
    """``files: dict[name, text], main: str, seed: int`` → handle of the module, handle of support or None."""
    CALL = "call"
    """``target, path, args: tuple, kwargs: dict, observe: bool`` → value, or (value, args after)."""
    GET = "get"
    """``target, path`` → value"""
    SET = "set"
    """``target, path, value`` → None"""
    OPERATE = "operate"
    """``operator: str, operands: tuple`` → value; the names are those of the ``operator`` module."""
    TAKE = "take"
    """``target, count`` → the first ``count`` items as a list, and whether that was all."""
    STATE = "state"
    """``target`` → dict of an ``nn.Module``'s ``state_dict``"""
    LOAD_STATE = "load_state"
    """``target, state: dict`` → None"""
    GRADIENTS = "gradients"
    """``target, path, args, kwargs, cotangents: tuple, parameters: bool`` → (value, by argument, by name)"""
    WATCH = "watch"
    """``names: tuple`` → None; from the next load on, the student's file is watched for calls of these."""
    CALLED = "called"
    """Nothing → dict of how often each watched name was called since the last time: advice, as all it says"""


class Failure(StrEnum):
    """Why the guest could not answer: a closed list, so that a reason carries nothing else."""

    RAISED = "raised"
    IMPORT = "import"
    SYNTAX = "syntax"
    MISSING = "missing"
    SIGNATURE = "signature"
    UNSUPPORTED_VALUE = "unsupported value"
    OUTPUT_LIMIT = "output limit"
    NO_GRADIENT = "no gradient"


@dataclass(frozen=True, slots=True)
class Request:
    """One question. ``release`` lists handles that the host has forgotten."""

    number: int
    operation: Operation
    operands: tuple[object, ...]
    release: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Hello:
    """The guest is ready: nothing of the student's has been loaded. ``versions`` by library name."""

    versions: dict[str, str]


@dataclass(frozen=True, slots=True)
class Returned:
    """The operation's value, and what the student's code printed on the way."""

    number: int
    value: object
    printed: str = ""


@dataclass(frozen=True, slots=True)
class Frame:
    """A traceback's line inside the submission's own files."""

    file: str
    line: int
    function: str
    source: str


@dataclass(frozen=True, slots=True)
class Raised:
    """The operation failed. ``kind`` is the exception's class name as the guest tells it."""

    number: int
    failure: Failure
    kind: str
    text: str
    frames: tuple[Frame, ...] = ()
    printed: str = ""


Reply = Returned | Raised
Message = Request | Hello | Returned | Raised


def pack_message(message: Message, handle: Callable[[object], HandleRef] | None = None) -> list[Buffer]:
    """The frame of a message, as parts ready to be written.

    Raises:
        UnsupportedValueError: a value in it cannot cross and ``handle`` does not take it.
    """
    encoder = Encoder(handle)
    kind, fields = _fields(message)
    header: dict[str, object] = {"kind": kind, "fields": [encoder.encode(field) for field in fields]}
    return pack_frame(header, encoder.buffers)


def unpack_message(
    header: Buffer,
    body: bytearray,
    limits: FrameLimits | None = None,
    handle: Callable[[HandleRef], object] | None = None,
) -> Message:
    """The message in a frame's header and body.

    Raises:
        WireError: the bytes are not a message; nothing was executed to find that out.
    """
    limits = limits or FrameLimits()
    parsed = parse_header(header)
    if set(parsed) != {"kind", "fields", "buffers"} or not isinstance(parsed["fields"], list):
        raise WireError("the header does not have a message's parts")
    decoder = Decoder(split_body(parsed, body, limits), limits, handle)
    fields = [decoder.decode(field) for field in parsed["fields"]]
    decoder.finish()
    kind = parsed["kind"]
    if not isinstance(kind, str) or kind not in _READERS:
        raise WireError("a message of no known kind")
    try:
        return _READERS[kind](*fields)
    except TypeError as error:
        raise WireError(f"a {kind!r} message has the wrong number of parts") from error


def _fields(message: Message) -> tuple[str, tuple[object, ...]]:
    match message:
        case Request():
            return "request", (message.number, str(message.operation), message.operands, message.release)
        case Hello():
            return "hello", (message.versions,)
        case Returned():
            return "returned", (message.number, message.value, message.printed)
        case Raised():
            frames = [(f.file, f.line, f.function, f.source) for f in message.frames]
            parts = (str(message.failure), message.kind, message.text, frames, message.printed)
            return "raised", (message.number, *parts)


def _read_request(number: object, operation: object, operands: object, release: object) -> Request:
    if not isinstance(operands, tuple) or not isinstance(release, tuple):
        raise WireError("a request's operands are not a tuple")
    if not isinstance(operation, str) or operation not in set(Operation):
        raise WireError("a request for no known operation")
    return Request(_integer(number), Operation(operation), operands, tuple(map(_integer, release)))


def _read_hello(versions: object) -> Hello:
    if not isinstance(versions, dict) or len(versions) > MAX_FRAMES:
        raise WireError("a hello without versions")
    return Hello({_line(name): _line(version) for name, version in versions.items()})


def _read_returned(number: object, value: object, printed: object) -> Returned:
    return Returned(_integer(number), value, _string(printed))


def _read_raised(
    number: object, failure: object, kind: object, text: object, frames: object, printed: object
) -> Raised:
    if not isinstance(failure, str) or failure not in set(Failure):
        raise WireError("a failure of no known reason")
    if not isinstance(frames, list) or len(frames) > MAX_FRAMES:
        raise WireError("a traceback that is no list, or too long")
    lines = []
    for frame in frames:
        if not isinstance(frame, tuple) or len(frame) != 4:
            raise WireError("a traceback's line has the wrong parts")
        file, line, function, source = frame
        lines.append(Frame(_line(file), _integer(line), _line(function), _line(source)))
    text, printed = _string(text)[:MAX_TEXT], _string(printed)
    return Raised(_integer(number), Failure(failure), _line(kind), text, tuple(lines), printed)


_READERS: Final[dict[str, Callable[..., Message]]] = {
    "request": _read_request,
    "hello": _read_hello,
    "returned": _read_returned,
    "raised": _read_raised,
}


def _integer(value: object) -> int:
    if type(value) is not int or not 0 <= value < 2**63:
        raise WireError("not a number of the expected size")
    return value


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise WireError("not a text")
    return value


def _line(value: object) -> str:
    text = _string(value)
    if len(text) > MAX_TEXT:
        raise WireError("a text is too long")
    return text

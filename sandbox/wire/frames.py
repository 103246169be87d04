"""Frames: a fixed prefix, a JSON header, and raw buffers.

::

    offset  size  field
    0       4     magic and version, b"GCW1"
    4       4     length of the header in bytes, unsigned, big-endian
    8       8     length of the body in bytes, unsigned, big-endian
    16      ...   the header: one JSON object in UTF-8
    ...     ...   the body: the buffers, each padded with zeros to a multiple of 16 bytes

The header's ``buffers`` lists the unpadded length of each buffer, so arrays are read where they
lie, without a copy.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, NoReturn

__all__ = [
    "PREFIX_BYTES",
    "FrameLimits",
    "Prefix",
    "WireError",
    "WireOverflowError",
    "pack_frame",
    "parse_header",
    "read_prefix",
    "split_body",
]

Buffer = bytes | bytearray | memoryview

MAGIC = b"GCW1"
ALIGNMENT = 16
_PREFIX = struct.Struct(">4sIQ")
PREFIX_BYTES = _PREFIX.size
_MAX_INTEGER_CHARACTERS = 400
_ZEROS = bytes(ALIGNMENT)


class WireError(ValueError):
    """The bytes are not a well-formed frame, value or message."""


class WireOverflowError(WireError):
    """The frame is larger, deeper or has more parts than the reader accepts."""


@dataclass(frozen=True, slots=True)
class FrameLimits:
    """What a reader accepts. Bytes are bytes; ``nodes`` counts every value, nested ones included."""

    header_bytes: int = 8 * 2**20
    body_bytes: int = 256 * 2**20
    nodes: int = 200_000
    depth: int = 32
    dimensions: int = 16


class Prefix(NamedTuple):
    """The two lengths that follow the magic."""

    header_bytes: int
    body_bytes: int


def pack_frame(header: dict[str, object], buffers: Sequence[Buffer]) -> list[Buffer]:
    """The parts of a frame in order, ready for a vectored write; the buffers are not copied."""
    lengths = [memoryview(buffer).nbytes for buffer in buffers]
    text = json.dumps({**header, "buffers": lengths}, allow_nan=False, separators=(",", ":")).encode()
    body: list[Buffer] = []
    for buffer, length in zip(buffers, lengths, strict=True):
        body.append(buffer)
        if padding := -length % ALIGNMENT:
            body.append(_ZEROS[:padding])
    return [_PREFIX.pack(MAGIC, len(text), sum(map(_padded, lengths))) + text, *body]


def read_prefix(data: Buffer, limits: FrameLimits) -> Prefix:
    """Check the first :data:`PREFIX_BYTES` bytes of a frame.

    Raises:
        WireOverflowError: a length is over its limit.
        WireError: this is not the start of a frame.
    """
    if len(data) != PREFIX_BYTES:
        raise WireError("the frame is shorter than its prefix")
    magic, header_bytes, body_bytes = _PREFIX.unpack(data)
    if magic != MAGIC:
        raise WireError("the frame does not start with the wire's magic bytes")
    if header_bytes > limits.header_bytes or body_bytes > limits.body_bytes:
        raise WireOverflowError(f"a frame of {header_bytes} + {body_bytes} bytes is larger than is read")
    return Prefix(header_bytes, body_bytes)


def parse_header(data: Buffer) -> dict[str, object]:
    """The header as JSON values: no duplicate keys, no non-finite numbers, no endless integers.

    Raises:
        WireError: it is anything else.
    """
    try:
        header = json.loads(
            bytes(data).decode("utf-8"),
            object_pairs_hook=_unique_pairs,
            parse_constant=_refuse_constant,
            parse_int=_bounded_int,
            parse_float=_finite_float,
        )
    except RecursionError as error:
        raise WireOverflowError("the header is nested too deeply") from error
    except WireError:
        raise
    except ValueError as error:  # malformed JSON or UTF-8
        raise WireError("the header is not JSON in UTF-8") from error
    if not isinstance(header, dict):
        raise WireError("the header is not an object")
    return header


def split_body(header: dict[str, object], body: bytearray, limits: FrameLimits) -> list[memoryview]:
    """Views of the body's buffers, which must fill it exactly.

    Raises:
        WireError: the lengths are not a list of sizes that add up to the body.
    """
    lengths = header.get("buffers")
    if not isinstance(lengths, list) or len(lengths) > limits.nodes:
        raise WireError("the header has no list of buffer lengths")
    views, offset, whole = [], 0, memoryview(body)
    for length in lengths:
        if type(length) is not int or not 0 <= length <= len(body) - offset:
            raise WireError("a buffer's length does not fit the body")
        views.append(whole[offset : offset + length])
        offset += _padded(length)
    if offset != len(body):
        raise WireError("the buffers do not fill the body")
    return views


def _padded(length: int) -> int:
    return length + -length % ALIGNMENT


def _unique_pairs(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise WireError("the header names a key twice")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise WireError(f"{name} is not a JSON number")


def _bounded_int(text: str) -> int:
    if len(text) > _MAX_INTEGER_CHARACTERS:
        raise WireOverflowError("an integer has too many digits")
    return int(text)


def _finite_float(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise WireError("a number is out of range")
    return number

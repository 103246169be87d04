"""HTTP as the gate reads it from workers: one request on each connection, in one spelling.

Anything that two readers could understand differently is refused: lines that end in another way, folded
or repeated headers, two lengths, any transfer encoding, percent signs or dots in a path.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote_plus

__all__ = [
    "MAX_BODY_BYTES",
    "MAX_HEAD_BYTES",
    "RefusedError",
    "Request",
    "answer",
    "parse_json",
    "read_request",
]

MAX_HEAD_BYTES = 16_384
MAX_BODY_BYTES = 262_144
_MAX_HEADERS = 32
_REQUEST_LINE = re.compile(r"(GET|POST|DELETE) (/[A-Za-z0-9/_.:-]*)(?:\?([!-~]*))? HTTP/1\.1")
_HEADER = re.compile(r"([A-Za-z0-9-]+): ?([\t -~]*)")
_LENGTH = re.compile(r"0|[1-9][0-9]{0,6}")


class RefusedError(Exception):
    """The gate does not do this. The message is written for the log and for whoever asked."""

    def __init__(self, reason: str, status: HTTPStatus = HTTPStatus.FORBIDDEN) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True, slots=True)
class Request:
    """One whole request. Header names are in lower case; each query parameter came once."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(default=b"", repr=False)


async def read_request(reader: asyncio.StreamReader) -> Request | None:
    """The one request of a connection; None when it ends without one.

    Raises:
        RefusedError: it is not exactly such a request, or too long.
    """
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError as error:
        raise RefusedError(
            f"the request's head is longer than {MAX_HEAD_BYTES} bytes",
            HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
        ) from error
    except asyncio.IncompleteReadError as error:
        if not error.partial:
            return None
        raise _malformed("it ends within its head") from error
    request = parse_head(head)
    length = int(request.headers.get("content-length", "0"))
    if not length:
        return request
    if length > MAX_BODY_BYTES:
        raise RefusedError(
            f"the body is longer than {MAX_BODY_BYTES} bytes", HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        )
    try:
        body = await reader.readexactly(length)
    except asyncio.IncompleteReadError as error:
        raise _malformed("it ends within its body") from error
    return Request(request.method, request.path, request.query, request.headers, body)


def parse_head(head: bytes) -> Request:
    """A request's first line and headers, with the empty line at their end.

    Raises:
        RefusedError: they are not in the one spelling.
    """
    try:
        lines = head.decode("ascii").removesuffix("\r\n\r\n").split("\r\n")
    except UnicodeDecodeError as error:
        raise _malformed("its head is not plain text") from error
    first = _REQUEST_LINE.fullmatch(lines[0])
    if first is None:
        raise _malformed("its first line is not one that workers send")
    if len(lines) - 1 > _MAX_HEADERS:
        raise _malformed(f"it has more than {_MAX_HEADERS} headers")
    method, path, query = first.groups()
    if "//" in path or any(part in (".", "..") for part in path.split("/")):
        raise _malformed("its path is not in its shortest form")
    return Request(method, path, _query(query or ""), _headers(lines[1:]))


def _query(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in text.split("&") if text else []:
        name, equals, value = part.partition("=")
        if not equals or not re.fullmatch(r"[a-z_]+", name) or name in found:
            raise _malformed("its parameters are repeated or not of the form name=value")
        try:
            found[name] = unquote_plus(value, errors="strict")
        except UnicodeDecodeError as error:
            raise _malformed("a parameter is not text") from error
    return found


def _headers(lines: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in lines:
        match = _HEADER.fullmatch(line)
        if match is None:
            raise _malformed("a header is not of the form Name: value")
        name = match[1].lower()
        if name in found:
            raise _malformed(f"the header {name} is repeated")
        found[name] = match[2].strip(" \t")
    for name in ("transfer-encoding", "expect", "te", "trailer"):
        if name in found:
            raise _malformed(f"the header {name} is not for workers")
    if "content-length" in found and not _LENGTH.fullmatch(found["content-length"]):
        raise _malformed("its length is not a plain number")
    return found


def _malformed(why: str) -> RefusedError:
    return RefusedError(f"not a request that workers send: {why}", HTTPStatus.BAD_REQUEST)


def parse_json(text: str | bytes) -> Any:
    """What ``text`` says, if it says it in one way only.

    Raises:
        RefusedError: it is not JSON, names something twice, or holds what is no number.
    """
    try:
        decoded = text.decode("utf-8") if isinstance(text, bytes) else text
        return json.loads(decoded, object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise RefusedError("the body is not plain JSON", HTTPStatus.BAD_REQUEST) from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # The engine's own reader does not tell upper from lower case in names.
    if len({name.casefold() for name, _ in pairs}) != len(pairs):
        raise RefusedError("the body names something twice", HTTPStatus.BAD_REQUEST)
    return dict(pairs)


def _no_number(name: str) -> Any:
    raise RefusedError(f"the body holds {name}, which is not JSON", HTTPStatus.BAD_REQUEST)


def answer(status: int, body: bytes = b"", content_type: str = "application/json") -> bytes:
    """A whole answer, after which the connection ends."""
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "Unknown"
    # An answer without content must not describe any.
    described = "" if status == HTTPStatus.NO_CONTENT else f"Content-Length: {len(body)}\r\n"
    head = (
        f"HTTP/1.1 {status} {phrase}\r\nContent-Type: {content_type}\r\n{described}Connection: close\r\n\r\n"
    )
    return head.encode("ascii") + body

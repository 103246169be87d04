"""The gate's own side of the engine: requests that it wrote itself, answers read to their end."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field

from sandbox.gate.http import MAX_HEAD_BYTES

__all__ = ["Answer", "EngineClient", "EngineGoneError", "Stream"]

_STATUS = re.compile(r"HTTP/1\.[01] ([1-5][0-9]{2})(?: .*)?")
_MAX_ANSWER_BYTES = 16 * 2**20
_CONNECT_SECONDS = 10.0
_ANSWER_SECONDS = 90.0


class EngineGoneError(Exception):
    """The engine does not answer, or not in a way that can be understood."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the engine said."""

    status: int
    content_type: str
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Stream:
    """A connection that the engine has given over to a container's streams."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    head: bytes


class EngineClient:
    """One engine, by the path of its socket. Each request has a connection of its own."""

    def __init__(self, path: str) -> None:
        self._path = path

    async def ask(self, method: str, target: str, body: bytes = b"") -> Answer:
        """The engine's whole answer.

        Raises:
            EngineGoneError: there is none.
        """
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                reader, writer = await self._send(method, target, "Connection: close", body)
                try:
                    return await _read_answer(reader, *await _read_head(reader))
                finally:
                    writer.close()
        except (OSError, EOFError, ValueError, asyncio.LimitOverrunError) as error:
            raise EngineGoneError(f"{type(error).__name__}: {error}") from error

    async def attach(self, target: str) -> Stream | Answer:
        """The streams at ``target``, or the answer with which the engine keeps them.

        Raises:
            EngineGoneError: there is neither.
        """
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                reader, writer = await self._send("POST", target, "Connection: Upgrade\r\nUpgrade: tcp")
                try:
                    status, headers, head = await _read_head(reader)
                    if status in (101, 200):
                        return Stream(reader, writer, head)
                    refusal = await _read_answer(reader, status, headers, head)
                except BaseException:
                    writer.close()
                    raise
                writer.close()
                return refusal
        except (OSError, EOFError, ValueError, asyncio.LimitOverrunError) as error:
            raise EngineGoneError(f"{type(error).__name__}: {error}") from error

    async def _send(
        self, method: str, target: str, connection: str, body: bytes = b""
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        async with asyncio.timeout(_CONNECT_SECONDS):
            reader, writer = await asyncio.open_unix_connection(self._path)
        described = "Content-Type: application/json\r\n" if body else ""
        head = f"{method} {target} HTTP/1.1\r\nHost: docker\r\n{connection}\r\n{described}"
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode("ascii") + body)
        return reader, writer


async def _read_head(reader: asyncio.StreamReader) -> tuple[int, dict[str, str], bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    if len(head) > MAX_HEAD_BYTES:
        raise ValueError("the answer's head is too long")
    first, *lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    status = _STATUS.fullmatch(first)
    if status is None:
        raise ValueError("the answer is not HTTP")
    pairs = (line.partition(":") for line in lines)
    return int(status[1]), {name.strip().lower(): value.strip() for name, _, value in pairs}, head


async def _read_answer(
    reader: asyncio.StreamReader, status: int, headers: dict[str, str], _head: bytes
) -> Answer:
    if status in (204, 304):
        body = b""
    elif headers.get("transfer-encoding", "").lower() == "chunked":
        body = await _read_chunks(reader)
    elif "content-length" in headers:
        body = await reader.readexactly(_bounded(int(headers["content-length"])))
    else:
        body = await reader.read(_MAX_ANSWER_BYTES + 1)
        while not reader.at_eof():
            body += await reader.read(_bounded(_MAX_ANSWER_BYTES + 1 - len(body)))
    return Answer(status, headers.get("content-type", "application/json"), body)


async def _read_chunks(reader: asyncio.StreamReader) -> bytes:
    body = bytearray()
    while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
        _bounded(len(body) + size)
        body += (await reader.readexactly(size + 2))[:-2]
    return bytes(body)


def _bounded(size: int) -> int:
    if not 0 <= size <= _MAX_ANSWER_BYTES:
        raise ValueError(f"the answer is longer than {_MAX_ANSWER_BYTES} bytes")
    return size

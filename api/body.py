"""Bodies are bounded before anything else sees them: before parsing, and before any file is spooled."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import ApiError, InvalidRequestError, TooLargeError, TooSlowError

__all__ = ["BodyLimit", "BoundedBody"]

KIB = 1024
_DEFAULT_BYTES = 64 * KIB
_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class BodyLimit:
    """The most bytes that requests to paths matching ``path`` may carry."""

    path: re.Pattern[str]
    max_bytes: int


class BoundedBody:
    """Reads each request's body whole, within a limit and a time, and only then calls the app."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        limits: Sequence[BodyLimit],
        refuse: Callable[[Request, ApiError], Response],
    ) -> None:
        self._app = app
        self._limits = tuple(limits)
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            body = await self._read(scope, receive)
        except ApiError as error:
            await self._refuse(Request(scope), error)(scope, receive, send)
            return
        if body is None:
            return
        await self._app(scope, _replay(body, receive), send)

    async def _read(self, scope: Scope, receive: Receive) -> bytes | None:
        """The body, or ``None`` when the client went away before it was complete."""
        limit = next(
            (limit.max_bytes for limit in self._limits if limit.path.fullmatch(scope["path"])), _DEFAULT_BYTES
        )
        _check_announced(Headers(scope=scope).get("content-length"), limit)
        body = bytearray()
        try:
            async with asyncio.timeout(_SECONDS):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        return None
                    body += message.get("body", b"")
                    if len(body) > limit:
                        raise _too_large(limit)
                    if not message.get("more_body", False):
                        return bytes(body)
        except TimeoutError as error:
            msg = f"The request did not arrive within {_SECONDS:g} seconds. Try again on a better connection."
            raise TooSlowError(msg) from error


def _check_announced(content_length: str | None, limit: int) -> None:
    if content_length is None:
        return
    if not (content_length.isascii() and content_length.isdigit()):
        msg = "The Content-Length header is not a number."
        raise InvalidRequestError(msg)
    if int(content_length[:20]) > limit:
        raise _too_large(limit)


def _too_large(limit: int) -> TooLargeError:
    return TooLargeError(
        f"This request is larger than {limit // KIB} KiB. Send your own files, without data."
    )


def _replay(body: bytes, receive: Receive) -> Receive:
    """A ``receive`` that hands out ``body`` once, and afterwards whatever the server says."""
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return pending.pop() if pending else await receive()

    return replayed

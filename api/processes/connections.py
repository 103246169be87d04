"""Connections on which a request must begin in time, so that nobody holds them up by saying nothing."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

__all__ = ["PunctualProtocol"]

_HEAD_SECONDS = 20.0


class PunctualProtocol(H11Protocol):
    """HTTP on one connection, which is closed when the head of a request takes too long to arrive.

    Between two requests the server closes it sooner by itself, and :mod:`api.body` bounds the time that
    a body may take.
    """

    _waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait_for_a_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._has_a_request():
            self._stop_waiting()
        elif self._waiting is None:
            self._wait_for_a_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def _has_a_request(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _wait_for_a_head(self) -> None:
        self._waiting = self.loop.call_later(_HEAD_SECONDS, self._close)

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _close(self) -> None:
        if not self._has_a_request():
            self.transport.close()

"""A generous limit on the requests from each address, before anything else is done with them."""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from api.errors import ApiError, TooManyError
from api.limits import Limits, network_of
from api.proxies import client_address

__all__ = ["FloodGate"]


class FloodGate:
    """Refuses what comes too fast. Whether the process lives and works is always answered.

    The limit for each person is where it is known who they are (:mod:`api.dependencies`): what a
    request merely claims to be would let one client fill the memory of buckets.
    """

    def __init__(self, app: ASGIApp, *, refuse: Callable[[Request, ApiError], Response]) -> None:
        self._app = app
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not scope["path"].endswith(("/healthz", "/readyz", "/metrics")):
            try:
                limits: Limits = scope["app"].state.services.limits
                limits.address_requests.take(network_of(client_address(scope)))
            except TooManyError as error:
                await self._refuse(Request(scope), error)(scope, receive, send)
                return
        await self._app(scope, receive, send)

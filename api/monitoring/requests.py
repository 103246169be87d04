"""Every request: its id, its line in the log, its place in the counts.

A route is named by its template, never by the address that was asked for: an address can hold a
secret, and there is no end of them.
"""

from __future__ import annotations

import logging
import re
import secrets
import time

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.logs import about
from api.monitoring.metrics import Metrics
from api.proxies import client_address, is_trusted, networks

__all__ = ["REQUEST_ID", "ObservedRequests", "request_id_of"]

REQUEST_ID = "X-Request-ID"

_ACCEPTABLE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
_NO_ROUTE = "(none)"
_UNFORESEEN = 500
_CLIENT_LEFT = 499
_PROBES = frozenset({"/healthz", "/readyz", "/metrics", "/api/v1/healthz"})
_STATE = "request_id"

log = logging.getLogger("api.access_log")


class ObservedRequests:
    """Outermost of all middleware, so that it sees whatever is answered, and who connected.

    Args:
        json_prefix: what stands before the templates of the routes that are included under it.
        trusted_proxies: addresses and networks, with commas, whose request ids are taken over.
    """

    def __init__(self, app: ASGIApp, *, json_prefix: str, trusted_proxies: str) -> None:
        self._app = app
        self._json_prefix = json_prefix
        self._trusted = networks(trusted_proxies)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = self._request_id(scope)
        scope.setdefault("state", {})[_STATE] = request
        arrived = time.perf_counter()
        status, began = _CLIENT_LEFT, arrived

        async def observed(message: Message) -> None:
            nonlocal status, began
            if message["type"] == "http.response.start":
                status, began = message["status"], time.perf_counter()
                MutableHeaders(scope=message)[REQUEST_ID] = request
            await send(message)

        with about(request=request):
            try:
                await self._app(scope, receive, observed)
            except Exception:
                # The framework answers it outside of all middleware, and logs it.
                status, began = _UNFORESEEN, time.perf_counter()
                raise
            finally:
                self._record(scope, status, began - arrived, time.perf_counter() - arrived)

    def _request_id(self, scope: Scope) -> str:
        given = Headers(scope=scope).get(REQUEST_ID, "")
        if _ACCEPTABLE.fullmatch(given) and is_trusted(client_address(scope), self._trusted):
            return given
        return secrets.token_hex(8)

    def _record(self, scope: Scope, status: int, to_answer: float, whole: float) -> None:
        route = self._template(scope)
        metrics: Metrics = scope["app"].state.services.metrics
        metrics.request_answered(scope["method"], route, status, to_answer)
        log.log(
            logging.DEBUG if route in _PROBES else logging.INFO,
            "%s %s: %d",
            scope["method"],
            route,
            status,
            extra={"details": {"route": route, "status": status, "seconds": round(whole, 4)}},
        )

    def _template(self, scope: Scope) -> str:
        route = scope.get("route")
        template: str | None = getattr(route, "path_format", None)
        if template is None:
            return _NO_ROUTE
        included = scope["path"].startswith(f"{self._json_prefix}/") and not template.startswith(
            self._json_prefix
        )
        return f"{self._json_prefix}{template}" if included else template


def request_id_of(scope: Scope) -> str | None:
    """The id of a request that :class:`ObservedRequests` let through."""
    found = scope.get("state", {}).get(_STATE)
    return found if isinstance(found, str) else None

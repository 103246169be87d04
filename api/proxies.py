"""Whose request it is, behind a proxy: the headers of trusted proxies are believed, nobody else's."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["ClientAddress", "Network", "client_address", "is_trusted", "networks"]

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def networks(text: str) -> tuple[Network, ...]:
    """The addresses and networks in a comma-separated list.

    Raises:
        ValueError: one of them is none.
    """
    return tuple(ipaddress.ip_network(part.strip(), strict=False) for part in text.split(",") if part.strip())


def is_trusted(address: str, trusted: Sequence[Network]) -> bool:
    """Whether ``address`` is, or lies in, one of them."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in trusted)


class ClientAddress:
    """Puts the client's own address and scheme in place of the proxy's.

    Each proxy adds to the right of ``X-Forwarded-For`` whom it got the request from. Read from the
    right, the first address that is no trusted proxy's is the client's: what stands further left
    was written by the client and may be anything. A request that did not come from a trusted proxy
    keeps the address it came from, whatever its headers say.
    """

    def __init__(self, app: ASGIApp, *, trusted: Sequence[Network]) -> None:
        self._app = app
        self._trusted = tuple(trusted)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and is_trusted(client_address(scope), self._trusted):
            self._see_through(scope)
        await self._app(scope, receive, send)

    def _see_through(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        hops = [hop.strip() for line in headers.getlist("x-forwarded-for") for hop in line.split(",")]
        client = next((hop for hop in reversed(hops) if not is_trusted(hop, self._trusted)), None)
        if client is not None and _is_address(client):
            scope["client"] = (client, 0)
        if headers.get("x-forwarded-proto", "").strip().lower() in {"http", "https"}:
            scope["scheme"] = headers["x-forwarded-proto"].strip().lower()


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def client_address(scope: Scope) -> str:
    """Where a request came from; empty where the server does not say."""
    client = scope.get("client")
    return str(client[0]) if client else ""

"""The addresses of course servers, as people type them and as they are kept."""

from __future__ import annotations

from urllib.parse import urlsplit

from gradecli import messages
from gradecli.errors import BadInputError

__all__ = ["is_this_machine", "normal_url"]

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def normal_url(typed: str) -> str:
    """A server's address as it is kept: with a scheme, without a trailing slash.

    Raises:
        BadInputError: it is not an address of a server.
    """
    text = typed.strip()
    if "://" not in text:
        host = urlsplit(f"//{text}").hostname
        text = f"{'http' if host in _LOOPBACK else 'https'}://{text}"
    try:
        parts = urlsplit(text)
        usable = parts.scheme in {"http", "https"} and parts.hostname and (parts.port or 1) > 0
    except ValueError:
        usable = None
    if not usable or "@" in parts.netloc or parts.query or parts.fragment or any(c.isspace() for c in text):
        raise BadInputError(messages.not_an_address(typed))
    return text.rstrip("/")


def is_this_machine(url: str) -> bool:
    """Whether ``url`` leads to a server on this very machine."""
    return urlsplit(url).hostname in _LOOPBACK

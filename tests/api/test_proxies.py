"""Whose request it is, behind proxies that are trusted and from people who are not."""

from __future__ import annotations

import asyncio

import pytest
from pydantic import ValidationError

from api.proxies import ClientAddress, networks
from api.settings import Settings


def seen(client, headers, trusted="10.0.0.0/8"):
    """The address and scheme that the application sees."""
    found = {}

    async def app(scope, receive, send):
        found.update(scope)

    scope = {
        "type": "http",
        "scheme": "http",
        "client": client and (client, 4711),
        "headers": [(name.encode(), value.encode()) for name, value in headers],
    }
    asyncio.run(ClientAddress(app, trusted=networks(trusted))(scope, None, None))
    return found["client"] and found["client"][0], found["scheme"]


@pytest.mark.parametrize(
    ("client", "headers", "expected"),
    [
        ("192.0.2.7", [("x-forwarded-for", "198.51.100.1"), ("x-forwarded-proto", "https")], "192.0.2.7"),
        ("10.0.0.2", [("x-forwarded-for", "198.51.100.1")], "198.51.100.1"),
        ("10.0.0.2", [("x-forwarded-for", "203.0.113.9, 198.51.100.1")], "198.51.100.1"),
        ("10.0.0.2", [("x-forwarded-for", "203.0.113.9, 198.51.100.1, 10.0.0.9")], "198.51.100.1"),
        (
            "10.0.0.2",
            [("x-forwarded-for", "203.0.113.9"), ("x-forwarded-for", "198.51.100.1")],
            "198.51.100.1",
        ),
        ("10.0.0.2", [("x-forwarded-for", "nonsense")], "10.0.0.2"),
        ("10.0.0.2", [("x-forwarded-for", "198.51.100.1, nonsense")], "10.0.0.2"),
        ("10.0.0.2", [("x-forwarded-for", "10.0.0.3")], "10.0.0.2"),
        ("10.0.0.2", [], "10.0.0.2"),
        ("10.0.0.2", [("x-forwarded-for", "2001:db8::1")], "2001:db8::1"),
        (None, [("x-forwarded-for", "198.51.100.1")], None),
    ],
)
def test_the_nearest_address_that_no_trusted_proxy_has_is_the_client_s(client, headers, expected):
    assert seen(client, headers)[0] == expected


def test_the_scheme_too_is_believed_of_trusted_proxies_alone():
    assert seen("10.0.0.2", [("x-forwarded-proto", "https")])[1] == "https"
    assert seen("10.0.0.2", [("x-forwarded-proto", "gopher")])[1] == "http"
    assert seen("192.0.2.7", [("x-forwarded-proto", "https")])[1] == "http"
    assert seen("127.0.0.1", [("x-forwarded-proto", "https")], trusted="")[1] == "http"


def test_a_network_that_is_none_stops_the_start():
    with pytest.raises(ValidationError, match="trusted_proxies"):
        Settings(trusted_proxies="10.0.0.0/8, everybody")
    assert len(networks(Settings().trusted_proxies)) == 2

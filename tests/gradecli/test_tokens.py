"""Tokens, password links, the audit trail, and logging in through a browser."""

from __future__ import annotations

import json
from typing import Any

import httpx2
import pytest

from gradecli.home import Home

MINE = {
    "id": 4,
    "kind": "token",
    "label": "gradecli on a laptop",
    "scopes": ["read", "submit"],
    "created_at": "2030-01-01T12:00:00Z",
    "expires_at": None,
    "last_used_at": None,
    "is_this": True,
}
CODE = {"device_code": "long-secret", "user_code": "BCDF-GHJK", "expires_in": 600, "interval": 3}


class Waiting:
    """A server on which a person answers after some polls."""

    def __init__(self, server: Any, *answers: httpx2.Response) -> None:
        self.answers = list(answers)
        self.polls = 0
        self.asked: dict[str, Any] = {}
        plain = type(server)._answer

        def answer(request: httpx2.Request) -> httpx2.Response:
            if request.url.path.endswith("/device/code"):
                assert "Authorization" not in request.headers
                self.asked = json.loads(request.content)
                return httpx2.Response(200, json=CODE)
            if request.url.path.endswith("/device/token"):
                assert json.loads(request.content) == {"device_code": "long-secret"}
                self.polls += 1
                return self.answers.pop(0)
            return plain(server, request)

        server._answer = answer


@pytest.fixture(autouse=True)
def at_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is nothing to read from standard input, as when nothing was piped in."""
    monkeypatch.setattr("gradecli.account.sys.stdin", _Nothing())


class _Nothing:
    def isatty(self) -> bool:
        return True


def test_without_a_token_a_code_is_shown_and_the_browser_does_the_rest(
    server: Any, gradecli: Any, home: Home, make: Any
) -> None:
    pending = make.refusal(400, "authorization_pending", "Not yet.")
    waiting = Waiting(
        server,
        pending,
        make.refusal(400, "slow_down", "Slower."),
        pending,
        httpx2.Response(200, json={"token": make.token}),
    )
    done = gradecli("login", make.url)
    assert done.exit_code == 0, done.output
    assert f"open {make.url}/device" in done.stdout
    assert "BCDF-GHJK" in done.stdout
    assert waiting.polls == 4
    assert waiting.asked["scope"] == "read submit staff"
    assert waiting.asked["client"].startswith("gradecli on ")
    assert home.credentials().token == make.token
    assert make.token not in done.output
    assert "long-secret" not in done.output


def test_an_administrator_asks_for_more(server: Any, gradecli: Any, make: Any) -> None:
    waiting = Waiting(server, httpx2.Response(200, json={"token": make.token}))
    assert gradecli("login", make.url, "--admin").exit_code == 0
    assert waiting.asked["scope"] == "read submit staff admin"


@pytest.mark.parametrize("code", ["access_denied", "expired_token"])
def test_who_is_not_let_in_keeps_the_old_log_in(
    logged_in: Any, gradecli: Any, home: Home, make: Any, code: str
) -> None:
    Waiting(logged_in, make.refusal(400, code, "It was denied."))
    done = gradecli("login", make.url)
    assert done.exit_code == 4
    assert "You are not logged in. It was denied." in done.stderr
    assert home.credentials().token == make.token


def test_a_server_that_fails_for_a_moment_is_asked_again(server: Any, gradecli: Any, make: Any) -> None:
    waiting = Waiting(server, httpx2.Response(502), httpx2.Response(200, json={"token": make.token}))
    assert gradecli("login", make.url).exit_code == 0
    assert waiting.polls == 2


def test_a_server_without_such_a_log_in_says_so(server: Any, gradecli: Any, make: Any) -> None:
    server.override["POST", "/device/code"] = make.refusal(404, "not_found", "There is nothing here.")
    assert gradecli("login", make.url).exit_code == 5


def test_ones_own_tokens_are_listed(logged_in: Any, gradecli: Any) -> None:
    logged_in.override["GET", "/me/tokens"] = httpx2.Response(200, json=[MINE])
    done = gradecli("token", "list")
    assert done.exit_code == 0
    for word in ("gradecli on a laptop (this one)", "read submit", "never"):
        assert word in done.stdout
    assert json.loads(gradecli("token", "list", "--json").stdout)[0]["scopes"] == ["read", "submit"]


def test_a_token_is_made_and_printed_alone(logged_in: Any, gradecli: Any) -> None:
    logged_in.override["POST", "/me/tokens"] = httpx2.Response(201, json={**MINE, "token": "gc_new"})
    done = gradecli("token", "create", "nightly", "--scope", "read", "--scope", "submit", "--days", "7")
    assert (done.exit_code, done.stdout) == (0, "gc_new\n")
    sent = json.loads(logged_in.requests[-1].content)
    assert sent == {"label": "nightly", "scopes": ["read", "submit"], "days": 7.0}
    gradecli("token", "create", "nightly")
    assert json.loads(logged_in.requests[-1].content)["scopes"] == ["read"]


def test_one_token_or_a_person_s_are_ended(logged_in: Any, gradecli: Any) -> None:
    logged_in.override["DELETE", "/me/tokens/4"] = httpx2.Response(204)
    assert gradecli("token", "revoke", "4").stdout == "Ended 4.\n"
    logged_in.override["POST", "/people/revoke"] = httpx2.Response(200, json={"ended": 3})
    done = gradecli("token", "revoke", "--person", "bob@example.edu")
    assert "Ended 3 tokens and sessions of bob@example.edu." in done.stdout
    for wrong in ([], ["4", "--person", "bob@example.edu"]):
        assert gradecli("token", "revoke", *wrong).exit_code == 2


def test_a_password_link_is_at_the_server_s_own_address(logged_in: Any, gradecli: Any, make: Any) -> None:
    link = {
        "email": "bob@x.edu",
        "path": "//evil.example",
        "secret": "gc_s",
        "expires_at": "2030-01-01T12:00:00Z",
    }
    logged_in.override["POST", "/people/password-link"] = httpx2.Response(201, json=link)
    done = gradecli("password", "link", "bob@x.edu")
    assert done.stdout == f"{make.url}/password#gc_s\n"


def test_the_audit_trail_is_shown_clean_of_tricks(logged_in: Any, gradecli: Any) -> None:
    deed = {
        "id": 1,
        "at": "2030-01-01T12:00:00Z",
        "by": None,
        "action": "token.issue",
        "course": None,
        "subject": "bob\x1b[2Jby",
        "detail": {"ended": 2},
    }
    page = httpx2.Response(200, json={"entries": [deed], "older": 1})
    logged_in.override["GET", "/courses/dl/audit"] = page
    logged_in.override["GET", "/audit"] = httpx2.Response(200, json={"entries": [], "older": None})
    done = gradecli("audit", "--action", "token", "--by", "x@y.edu")
    assert done.exit_code == 0
    assert logged_in.requests[-1].url.params["action"] == "token"
    assert "the operator" in done.stdout
    assert "\x1b" not in done.stdout
    assert "older entries" in done.stderr
    assert json.loads(gradecli("audit", "--json").stdout)[0]["detail"] == {"ended": 2}
    assert "Nothing of that kind" in gradecli("audit", "--all").stderr

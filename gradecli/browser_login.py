"""Logging in through the browser: a short code here, a click there, and a token comes back (RFC 8628)."""

from __future__ import annotations

import os
import socket
import sys
import time
import webbrowser

from gradecli import messages
from gradecli.account_client import AccountService, DeviceCode
from gradecli.errors import NotLoggedInError, RefusedError, UnreachableError
from gradecli.terminal import live_line, note, say

__all__ = ["token_from_browser"]

_SCOPES = ("read", "submit", "staff")
_SLOWER = 5.0
_TEXT_BROWSERS = {"www-browser", "links", "elinks", "lynx", "w3m"}


def token_from_browser(url: str, *, admin: bool) -> str:
    """Ask the person to let this program in on the server's page, and wait until they have.

    Args:
        admin: ask for what administrators may do, too.

    Raises:
        NotLoggedInError: they denied it, or did nothing for too long.
        RefusedError: the server does not log anybody in that way.
    """
    with AccountService(url, None) as service:
        asked = service.ask_device(_this_program(), (*_SCOPES, "admin") if admin else _SCOPES)
        say(messages.approve_in_browser(f"{url}/device", asked.user_code))
        _open_browser(f"{url}/device?code={asked.user_code}")
        return _wait(service, asked)


def _wait(service: AccountService, asked: DeviceCode) -> str:
    pause, ends_at = asked.interval, time.monotonic() + asked.expires_in
    with live_line() as line:
        line.show(messages.waiting_for_browser())
        while time.monotonic() < ends_at:
            service.wait(pause)
            try:
                return service.collect(asked.device_code).token
            except RefusedError as refusal:
                if refusal.code == "slow_down":
                    pause += _SLOWER
                elif refusal.code in {"access_denied", "expired_token"}:
                    raise NotLoggedInError(messages.not_let_in(str(refusal))) from refusal
                elif refusal.code == "too_many":
                    pause += _SLOWER
                elif refusal.code != "authorization_pending":
                    raise
            except UnreachableError:
                pause += _SLOWER
    raise NotLoggedInError(messages.not_let_in("Nobody approved it in time."))


def _this_program() -> str:
    """What the page shows: this program, on this machine, by its own name."""
    name = "".join(character for character in socket.gethostname() if character.isprintable())
    return f"gradecli on {name[:60] or 'a computer'}"


def _open_browser(address: str) -> None:
    """Open the page if this machine has a browser with a window, and its person sits before it."""
    if not sys.stdout.isatty() or any(os.environ.get(name) for name in ("SSH_CONNECTION", "SSH_TTY")):
        return
    windows = os.name == "nt" or sys.platform == "darwin"
    if not windows and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return
    try:
        browser = webbrowser.get()
        if getattr(browser, "basename", "") not in _TEXT_BROWSERS:
            browser.open(address)
    except (webbrowser.Error, OSError):
        note(messages.open_it_yourself())

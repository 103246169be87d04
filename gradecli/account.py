"""Logging in and out."""

from __future__ import annotations

import re
import sys

import typer

from gradecli import messages
from gradecli.addresses import normal_url
from gradecli.client import CourseService
from gradecli.courses import choose_course
from gradecli.errors import BadInputError, NotLoggedInError
from gradecli.home import Credentials, Home
from gradecli.payloads import Me
from gradecli.terminal import note, say

__all__ = ["check_token", "log_in", "log_out", "obtain_token", "saved_login"]

_TOKEN = re.compile(r"[!-~]{1,512}", re.ASCII)


def saved_login() -> Credentials | None:
    """The log-in on this machine, if there is one."""
    try:
        return Home().credentials()
    except NotLoggedInError:
        return None


def obtain_token(url: str, given: str | None, *, admin: bool) -> str:
    """The token to log in with: ``given``, or typed unseen where that is ``-``; the first line of a
    pipe; else one that the person approves in their browser.

    Raises:
        NotLoggedInError: they did not.
    """
    if given is not None and given != "-":
        return given
    if not sys.stdin.isatty() and (line := sys.stdin.readline()):
        return line
    if given == "-":
        return str(typer.prompt("Your token (it stays invisible)", hide_input=True))
    from gradecli.browser_login import token_from_browser

    return token_from_browser(normal_url(url), admin=admin)


def check_token(typed: str) -> str:
    """``typed`` without the spaces around it.

    Raises:
        BadInputError: it cannot be a token.
    """
    token = typed.strip()
    if not _TOKEN.fullmatch(token):
        raise BadInputError(messages.not_a_token())
    return token


def log_in(url: str, token: str, course: str | None) -> None:
    """Try the token on the server; keep both when it is accepted.

    Raises:
        NotLoggedInError: the server does not accept the token; what was kept before stays.
        BadInputError: ``course`` is not one of the person's.
    """
    url = normal_url(url)
    token = check_token(token)
    with CourseService(url, token) as service:
        me = service.me()
    chosen = choose_course(me, asked=course) if course is not None else _usual_course_before(url, me)
    Home().save_credentials(Credentials(url=url, token=token, user_id=me.id, name=me.name, course=chosen))
    say(messages.logged_in(me.name, me.email, url))
    for enrolment in me.enrolments:
        usual = " (your usual course)" if enrolment.course == chosen else ""
        say(f"  {enrolment.course}: {enrolment.title}, {enrolment.role}{usual}")
    if not me.enrolments and not me.is_admin:
        note(messages.in_no_course(me.email))
    if url.startswith("http://") and not service.is_local:
        note(messages.token_travels_in_the_open(url))


def _usual_course_before(url: str, me: Me) -> str | None:
    """The usual course of the same person's last log-in to the same server, if it is still one of theirs."""
    before = saved_login()
    if before is None or before.course is None or (before.url, before.user_id) != (url, me.id):
        return None
    still = me.is_admin or before.course in {enrolment.course for enrolment in me.enrolments}
    return before.course if still else None


def log_out() -> None:
    """Forget the log-in. Receipts and unfinished submissions stay."""
    say(messages.logged_out(Home().forget_credentials()))

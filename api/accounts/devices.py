"""Logging a program in through its person's browser (RFC 8628, the device authorization grant).

The program shows a short code and waits. Its person, logged in to the pages, enters the code, sees
who asks for what, and approves or denies. Then the program, which alone has the long device code,
collects its token, once.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from hashlib import sha256

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from api.access import Actor, is_staff_somewhere
from api.accounts.models import DeviceLogin
from api.accounts.schemas import DeviceCodeOut, DeviceTokenOut
from api.accounts.service import issue_token, scopes_in
from api.database import now
from api.errors import (
    DeviceDeniedError,
    DeviceExpiredError,
    DevicePendingError,
    DeviceSlowDownError,
    InvalidRequestError,
    NotFoundError,
    TooManyError,
)
from api.roles import Scope
from api.settings import Settings

__all__ = ["INTERVAL", "approve", "ask", "collect", "deny", "find_waiting", "offered"]

LIFETIME = timedelta(minutes=10)
INTERVAL = 3
# Twenty letters that no keyboard moves, no word is made of and nobody mistakes: 34 bits (RFC 8628, 6.1).
_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
_LENGTH = 8
_MOST_WAITING = 2000
_SLACK = timedelta(milliseconds=500)


def ask(session: Session, *, label: str, scopes: str, address: str, verification_uri: str) -> DeviceCodeOut:
    """Begin a log-in for a program that calls itself ``label``.

    Raises:
        InvalidRequestError: it asks for nothing.
        TooManyError: very many wait already.
    """
    wanted = scopes_in(scopes)
    if not wanted:
        msg = "Say what the token is for: one or more of read, submit, staff, admin."
        raise InvalidRequestError(msg)
    session.execute(delete(DeviceLogin).where(DeviceLogin.expires_at <= now() - LIFETIME))
    if session.scalars(select(func.count()).select_from(DeviceLogin)).one() >= _MOST_WAITING:
        msg = "Very many people are logging in at this moment. Try again in a few minutes."
        raise TooManyError(msg, retry_after=60)
    device_code = secrets.token_urlsafe(32)
    user_code = "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))
    session.add(
        DeviceLogin(
            device_sha256=_hash(device_code),
            user_code=user_code,
            label=label,
            address=address[:64],
            scopes=" ".join(scope for scope in Scope if scope in wanted),
            expires_at=now() + LIFETIME,
        )
    )
    shown = f"{user_code[:4]}-{user_code[4:]}"
    return DeviceCodeOut(
        device_code=device_code,
        user_code=shown,
        verification_uri=verification_uri,
        verification_uri_complete=f"{verification_uri}?code={shown}",
        expires_in=int(LIFETIME.total_seconds()),
        interval=INTERVAL,
    )


def find_waiting(session: Session, typed: str) -> DeviceLogin:
    """The log-in that waits for the code ``typed``, however it was typed.

    Raises:
        NotFoundError: none does, or not any more.
    """
    code = "".join(character for character in typed.upper() if character.isalnum())[: _LENGTH + 1]
    login = session.scalar(
        select(DeviceLogin)
        .where(
            DeviceLogin.user_code == code,
            DeviceLogin.expires_at > now(),
            DeviceLogin.approved_at.is_(None),
            DeviceLogin.denied_at.is_(None),
        )
        .with_for_update()
    )
    if login is None:
        msg = "No program waits for this code. Look at it again; after ten minutes, or once used, it is void."
        raise NotFoundError(msg)
    return login


def offered(session: Session, actor: Actor, login: DeviceLogin) -> frozenset[Scope]:
    """What the program would get: of what it asks for, what the actor has to give."""
    given = scopes_in(login.scopes) & actor.scopes
    if not actor.is_admin:
        given -= {Scope.ADMIN}
    return given if is_staff_somewhere(session, actor) else given - {Scope.STAFF}


def approve(session: Session, actor: Actor, typed: str) -> None:
    """Let the waiting program act for the actor.

    Raises:
        NotFoundError: none waits for that code.
    """
    login = find_waiting(session, typed)
    login.scopes = " ".join(scope for scope in Scope if scope in offered(session, actor, login))
    login.user_id = actor.id
    login.approved_at = now()


def deny(session: Session, actor: Actor, typed: str) -> None:
    """Turn the waiting program away.

    Raises:
        NotFoundError: none waits for that code.
    """
    login = find_waiting(session, typed)
    login.user_id = actor.id
    login.denied_at = now()


def collect(session: Session, settings: Settings, device_code: str) -> DeviceTokenOut | DevicePoll:
    """What the program that waits is to be told: its token, once; or how it stands.

    The poll is noted either way, so the answer is returned, not raised: raising would undo it.
    """
    login = session.scalar(
        select(DeviceLogin).where(DeviceLogin.device_sha256 == _hash(device_code)).with_for_update()
    )
    moment = now()
    if login is None or login.collected_at is not None or login.expires_at <= moment:
        return DeviceExpiredError()
    if login.denied_at is not None:
        return DeviceDeniedError()
    hasty = login.polled_at is not None and moment - login.polled_at < timedelta(seconds=INTERVAL) - _SLACK
    login.polled_at = moment
    if hasty:
        return DeviceSlowDownError()
    if login.approved_at is None or login.user_id is None:
        return DevicePendingError()
    login.collected_at = moment
    scopes = scopes_in(login.scopes)
    lifetime = timedelta(days=settings.login_days)
    token = issue_token(session, login.user_id, label=login.label, lifetime=lifetime, scopes=scopes)
    return DeviceTokenOut(
        token=token,
        scopes=tuple(scope for scope in Scope if scope in scopes),
        expires_at=moment + lifetime,
    )


DevicePoll = DevicePendingError | DeviceSlowDownError | DeviceDeniedError | DeviceExpiredError
"""Why a waiting program gets no token now."""


def _hash(device_code: str) -> str:
    return sha256(device_code.encode("utf-8", "surrogatepass")).hexdigest()

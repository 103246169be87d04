"""Logging in to the pages: with a token, with a password, with a link that sets one; and logging out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from api.access import Actor
from api.accounts.models import Token, TokenKind, User
from api.accounts.passwords import require_good
from api.accounts.service import admit, issue_token, token_row
from api.accounts.tokens import end_sessions
from api.database import now
from api.errors import InvalidRequestError, NotAllowedError, NotAuthenticatedError
from api.limits import network_of
from api.roles import EVERY_SCOPE
from api.services import Services
from api.settings import Settings

__all__ = [
    "Client",
    "begin_session",
    "change_password",
    "follow_password_link",
    "log_in_with_password",
    "log_in_with_token",
    "session_actor",
]

# Nearly every browser claims to be the ones after it, too.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    *(("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows")),
    *(("Mac OS X", "macOS"), ("CrOS", "ChromeOS"), ("Linux", "Linux")),
)
_REFUSED = (
    "That e-mail address and password do not belong together. If you have no password yet, log in "
    "with your token; if you have forgotten it, ask your course staff for a link to set a new one."
)
_UNKNOWN = (
    "This token is not valid, or not any more. Check that you copied all of it, "
    "or ask your course staff for a new one."
)
_USED_LINK = (
    "This link does not work, or not any more: it is good for one password and three days. "
    "Ask your course staff for a new one."
)


@dataclass(frozen=True, slots=True)
class Client:
    """Where a request comes from: its address, and what the program calls itself."""

    address: str
    program: str = field(default="")

    @property
    def label(self) -> str:
        """How a session is called in the list of one's own: ``Firefox on Linux``, as far as one can tell."""
        browser = next((name for mark, name in _BROWSERS if mark in self.program), "A browser")
        system = next((name for mark, name in _SYSTEMS if mark in self.program), "")
        return f"{browser} on {system}" if system else browser


def log_in_with_token(services: Services, token: str, client: Client) -> str:
    """A session for whom ``token`` belongs to, no wider and no longer-lived than the token.

    Raises:
        NotAuthenticatedError: it is nobody's.
        TooManyError: many wrong ones came from there.
    """
    limit, address = services.limits.login_address, network_of(client.address)
    limit.take(address)
    with services.database.writing() as session:
        try:
            row = token_row(session, token, TokenKind.TOKEN)
        except NotAuthenticatedError as error:
            raise NotAuthenticatedError(_UNKNOWN) from error
        row.last_used_at = now()
        cookie = begin_session(session, services.settings, row.user_id, client, bound=row)
    limit.give_back(address)
    return cookie


def log_in_with_password(services: Services, email: str, password: str, client: Client) -> str:
    """A session for the person with that address and password.

    It takes as long for an address that nobody has, and says the same.

    Raises:
        NotAuthenticatedError: they do not belong together.
        TooManyError: many wrong ones came for that account or from there, or many log in just now.
    """
    address, account = network_of(client.address), email.strip().lower()[:254]
    taken = ((services.limits.login_address, address), (services.limits.login_account, account))
    for limit, key in taken:
        limit.take(key)
    with services.database.reading() as session:
        found = session.execute(
            select(User.id, User.password_hash).where(User.email == account)
        ).one_or_none()
    user_id, kept = (None, None) if found is None else found
    if not services.passwords.verify(kept, password) or user_id is None or kept is None:
        raise NotAuthenticatedError(_REFUSED)
    anew = services.passwords.hash(password) if services.passwords.is_outdated(kept) else None
    with services.database.writing() as session:
        user = session.get_one(User, user_id, with_for_update=True)
        if user.password_hash != kept:
            # It was changed while the old one was being checked.
            raise NotAuthenticatedError(_REFUSED)
        if anew is not None:
            user.password_hash = anew
        cookie = begin_session(session, services.settings, user_id, client)
    for limit, key in taken:
        limit.give_back(key)
    return cookie


def begin_session(
    session: Session, settings: Settings, user_id: int, client: Client, *, bound: Token | None = None
) -> str:
    """A new session of a user's, no more than the token ``bound``; those that ran out are swept away."""
    ran_out = (Token.kind == TokenKind.SESSION, Token.expires_at <= now())
    session.execute(delete(Token).where(Token.user_id == user_id, *ran_out))
    return issue_token(
        session,
        user_id,
        label=client.label,
        lifetime=timedelta(hours=settings.session_hours),
        kind=TokenKind.SESSION,
        scopes=EVERY_SCOPE if bound is None else bound.scope_set,
        expires_at=None if bound is None else bound.expires_at,
    )


def session_actor(services: Services, cookie: str) -> Actor:
    """The person whose session that is.

    Raises:
        NotAuthenticatedError: it is none, or has ended, or was idle for too long.
    """
    idle = timedelta(hours=services.settings.session_idle_hours)
    return admit(services.database, cookie, TokenKind.SESSION, idle=idle)


def change_password(services: Services, actor: Actor, *, current: str, new: str) -> None:
    """Set the actor's password, and log them out everywhere else.

    Raises:
        NotAllowedError: they are logged in with a narrower token, or the current password is wrong.
        InvalidRequestError: the new one is too easily guessed.
        TooManyError: wrong ones came too often.
    """
    if actor.scopes != EVERY_SCOPE:
        msg = (
            "You are logged in with a token that may not be used for everything, so it cannot set a "
            "password. Log in with your password, or ask your course staff for a link to set one."
        )
        raise NotAllowedError(msg)
    require_good(new, email=actor.email, name=actor.name)
    with services.database.reading() as session:
        kept = session.get_one(User, actor.id).password_hash
    if kept is not None:
        services.limits.login_account.take(actor.email)
        if not services.passwords.verify(kept, current):
            msg = "That is not your current password."
            raise NotAllowedError(msg)
        services.limits.login_account.give_back(actor.email)
    anew = services.passwords.hash(new)
    with services.database.writing() as session:
        user = session.get_one(User, actor.id, with_for_update=True)
        if user.password_hash != kept:
            msg = "Your password was changed at the same moment somewhere else. Log in again."
            raise NotAllowedError(msg)
        user.password_hash = anew
        end_sessions(session, actor.id, keep=actor.token_id)


def follow_password_link(services: Services, secret: str, new: str, client: Client) -> str:
    """Set a password with the secret of a link, which ends it, and begin a session.

    Every other session of the person's ends.

    Raises:
        NotAuthenticatedError: the link is none, or was used, or is too old.
        InvalidRequestError: the password is too easily guessed; the link still works.
        TooManyError: many wrong ones came from there.
    """
    limit, address = services.limits.login_address, network_of(client.address)
    limit.take(address)
    with services.database.reading() as session:
        user = _linked(session, secret).user
    limit.give_back(address)
    if not new:
        msg = "Type the password that you want to have."
        raise InvalidRequestError(msg)
    require_good(new, email=user.email, name=user.name)
    anew = services.passwords.hash(new)
    with services.database.writing() as session:
        person = session.get_one(User, user.id, with_for_update=True)
        _linked(session, secret)
        person.password_hash = anew
        end_sessions(session, person.id)
        return begin_session(session, services.settings, person.id, client)


def _linked(session: Session, secret: str) -> Token:
    try:
        return token_row(session, secret, TokenKind.PASSWORD)
    except NotAuthenticatedError as error:
        raise NotAuthenticatedError(_USED_LINK) from error

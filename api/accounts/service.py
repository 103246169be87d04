"""Users and tokens: making them, and finding out who is asking."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import or_, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from api.access import Actor
from api.accounts.models import Token, TokenKind, User
from api.accounts.schemas import EnrolmentOut, Me
from api.courses.models import Course, Enrolment
from api.database import Database, now
from api.errors import ApiError, NotAuthenticatedError
from api.logs import note
from api.roles import EVERY_SCOPE, Scope

__all__ = [
    "admit",
    "authenticate",
    "create_user",
    "describe_me",
    "issue_token",
    "revoke_token",
    "scopes_in",
    "token_row",
]

_PREFIX = "gc_"
_LONGEST = 200
_USE_NOTED_EVERY = timedelta(minutes=1)

log = logging.getLogger(__name__)


def create_user(session: Session, *, name: str, email: str, is_admin: bool = False) -> User:
    """Add a person who has no token yet. ``email`` must not be taken."""
    user = User(name=name, email=email.lower(), is_admin=is_admin)
    session.add(user)
    session.flush()
    return user


def issue_token(
    session: Session,
    user_id: int,
    *,
    label: str,
    lifetime: timedelta | None = None,
    kind: TokenKind = TokenKind.TOKEN,
    scopes: Iterable[Scope] = EVERY_SCOPE,
    expires_at: datetime | None = None,
) -> str:
    """A new token for a user. Only its hash is kept, so show it now: nobody can read it again.

    It ends after ``lifetime`` or at ``expires_at``, whichever comes first; without either, never.
    """
    token, wanted = _PREFIX + secrets.token_urlsafe(32), frozenset(scopes)
    ends = [end for end in (expires_at, None if lifetime is None else now() + lifetime) if end is not None]
    session.add(
        Token(
            user_id=user_id,
            sha256=_hash(token),
            label=label,
            kind=kind,
            scopes=" ".join(scope for scope in Scope if scope in wanted),
            expires_at=min(ends, default=None),
        )
    )
    return token


def scopes_in(text: str) -> frozenset[Scope]:
    """The scopes that words separated by blanks name; words that are none are passed over."""
    return frozenset(scope for scope in Scope if scope in text.split())


def revoke_token(session: Session, token: str) -> None:
    """Make ``token`` useless from now on; an unknown one is ignored."""
    row = session.scalar(select(Token).where(Token.sha256 == _hash(token)))
    if row is not None and row.revoked_at is None:
        row.revoked_at = now()


def token_row(
    session: Session,
    token: str,
    kind: TokenKind,
    *,
    idle: timedelta | None = None,
    at: datetime | None = None,
) -> Token:
    """The row of a token that is good for something now.

    Args:
        kind: what it is shown for; one of another kind is not accepted.
        idle: how long it may have been unused.

    Raises:
        NotAuthenticatedError: it is unknown, expired, revoked or too long unused; the message does
            not say which.
    """
    row = None if len(token) > _LONGEST else session.scalar(select(Token).where(Token.sha256 == _hash(token)))
    moment = at or now()
    if (
        row is None
        or row.kind is not kind
        or row.revoked_at is not None
        or (row.expires_at is not None and row.expires_at <= moment)
        or (idle is not None and (row.last_used_at or row.created_at) + idle <= moment)
    ):
        msg = "This token is not valid (any more). Run `gradecli login` with the one your course gave you."
        raise NotAuthenticatedError(msg)
    return row


def authenticate(
    session: Session,
    token: str,
    *,
    kind: TokenKind = TokenKind.TOKEN,
    idle: timedelta | None = None,
    at: datetime | None = None,
) -> Actor:
    """The person whom ``token`` belongs to, as far as it lets them act.

    Raises:
        NotAuthenticatedError: see :func:`token_row`.
    """
    return _actor(token_row(session, token, kind, idle=idle, at=at))


def admit(database: Database, token: str, kind: TokenKind, *, idle: timedelta | None = None) -> Actor:
    """Like :func:`authenticate`, in a transaction of its own; the use is noted, at most once a minute.

    Raises:
        NotAuthenticatedError: see :func:`token_row`.
    """
    moment = now()
    with database.reading() as session:
        row = token_row(session, token, kind, idle=idle, at=moment)
        actor = _actor(row)
        noted = row.last_used_at
    if noted is None or noted + _USE_NOTED_EVERY <= moment:
        _note_use(database, row.id, moment)
    return actor


def _actor(row: Token) -> Actor:
    user, scopes = row.user, row.scope_set
    note(user=user.id)
    return Actor(
        id=user.id,
        name=user.name,
        email=user.email,
        is_admin=user.is_admin and Scope.ADMIN in scopes,
        scopes=scopes,
        token_id=row.id,
    )


def _note_use(database: Database, token_id: int, moment: datetime) -> None:
    """Write down that a token was used. Nobody is turned away because that is not possible now."""
    unnoted = or_(Token.last_used_at.is_(None), Token.last_used_at <= moment - _USE_NOTED_EVERY)
    try:
        with database.writing() as session:
            session.execute(update(Token).where(Token.id == token_id, unnoted).values(last_used_at=moment))
    except (SQLAlchemyError, ApiError) as error:
        log.warning("the use of a token could not be noted: %s", type(error).__name__)


def describe_me(session: Session, actor: Actor) -> Me:
    """The actor, and every course they are enrolled in, by name."""
    rows = session.execute(
        select(Course, Enrolment.role, Enrolment.section)
        .join(Enrolment, Enrolment.course_id == Course.id)
        .where(Enrolment.user_id == actor.id)
        .order_by(Course.name)
    )
    enrolments = tuple(
        EnrolmentOut(course=course.name, title=course.title, role=role, section=section)
        for course, role, section in rows
    )
    return Me(
        id=actor.id,
        name=actor.name,
        email=actor.email,
        is_admin=actor.is_admin,
        scopes=tuple(scope for scope in Scope if scope in actor.scopes),
        enrolments=enrolments,
    )


def _hash(token: str) -> str:
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()

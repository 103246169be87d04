"""Users and tokens: making them, and finding out who is asking."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.access import Actor
from api.accounts.models import Token, User
from api.accounts.schemas import EnrolmentOut, Me
from api.courses.models import Course, Enrolment
from api.database import now
from api.errors import NotAuthenticatedError
from api.logs import note

__all__ = ["authenticate", "create_user", "describe_me", "issue_token", "revoke_token"]

_PREFIX = "gc_"
_LONGEST = 200


def create_user(session: Session, *, name: str, email: str, is_admin: bool = False) -> User:
    """Add a person who has no token yet. ``email`` must not be taken."""
    user = User(name=name, email=email.lower(), is_admin=is_admin)
    session.add(user)
    session.flush()
    return user


def issue_token(session: Session, user_id: int, *, label: str, lifetime: timedelta | None = None) -> str:
    """A new token for a user. Only its hash is kept, so show it now: nobody can read it again."""
    token = _PREFIX + secrets.token_urlsafe(32)
    expires_at = None if lifetime is None else now() + lifetime
    session.add(Token(user_id=user_id, sha256=_hash(token), label=label, expires_at=expires_at))
    return token


def revoke_token(session: Session, token: str) -> None:
    """Make ``token`` useless from now on; an unknown one is ignored."""
    row = session.scalar(select(Token).where(Token.sha256 == _hash(token)))
    if row is not None and row.revoked_at is None:
        row.revoked_at = now()


def authenticate(session: Session, token: str, *, at: datetime | None = None) -> Actor:
    """The person whom ``token`` belongs to.

    Raises:
        NotAuthenticatedError: it is unknown, expired or revoked; the message does not say which.
    """
    row = None if len(token) > _LONGEST else session.scalar(select(Token).where(Token.sha256 == _hash(token)))
    moment = at or now()
    if row is None or row.revoked_at is not None or (row.expires_at and row.expires_at <= moment):
        msg = "This token is not valid (any more). Run `gradecli login` with the one your course gave you."
        raise NotAuthenticatedError(msg)
    user = row.user
    note(user=user.id)
    return Actor(id=user.id, name=user.name, email=user.email, is_admin=user.is_admin)


def describe_me(session: Session, actor: Actor) -> Me:
    """The actor, and every course they are enrolled in, by name."""
    rows = session.execute(
        select(Course, Enrolment.role)
        .join(Enrolment, Enrolment.course_id == Course.id)
        .where(Enrolment.user_id == actor.id)
        .order_by(Course.name)
    )
    enrolments = tuple(
        EnrolmentOut(course=course.name, title=course.title, role=role) for course, role in rows
    )
    return Me(id=actor.id, name=actor.name, email=actor.email, is_admin=actor.is_admin, enrolments=enrolments)


def _hash(token: str) -> str:
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()

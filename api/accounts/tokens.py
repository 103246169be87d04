"""People's own tokens and sessions: to see them, make narrower ones, and end them.

A token rules over those that are no wider than itself, so one that was made for reading cannot
be turned into more.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import Select, or_, select, update
from sqlalchemy.orm import Session

from api.access import Actor, find_account, require_scope
from api.accounts.models import Token, TokenKind, User
from api.accounts.schemas import TokenMade, TokenOut
from api.accounts.service import issue_token
from api.database import now
from api.errors import InvalidRequestError, NotFoundError, TooManyError
from api.operations.audit import record_action
from api.roles import Scope

__all__ = [
    "create_token",
    "end_all",
    "end_sessions",
    "list_tokens",
    "password_link",
    "revoke_anothers",
    "revoke_own",
]

LINK_LIFETIME = timedelta(days=3)
_MOST_TOKENS = 50


def list_tokens(session: Session, actor: Actor) -> tuple[TokenOut, ...]:
    """The actor's tokens and sessions that still open something, the newest first."""
    rows = session.scalars(_live(actor.id).order_by(Token.id.desc())).all()
    return tuple(_shown(row, actor) for row in rows)


def create_token(
    session: Session, actor: Actor, *, label: str, scopes: Iterable[Scope], days: float | None
) -> TokenMade:
    """A further token of the actor's, no wider than the one they came with and no longer-lived.

    Raises:
        NotAllowedError: their own token lacks one of ``scopes``.
        InvalidRequestError: no scope was named.
        TooManyError: they have a great many already.
    """
    wanted = frozenset(scopes)
    if not wanted:
        msg = "Say what the token may be used for: one or more of read, submit, staff, admin."
        raise InvalidRequestError(msg)
    for scope in sorted(wanted):
        require_scope(actor, scope)
    if len(list_tokens(session, actor)) >= _MOST_TOKENS:
        msg = f"You have {_MOST_TOKENS} tokens already. Revoke some that you no longer use."
        raise TooManyError(msg)
    own = session.get(Token, actor.token_id) if actor.token_id is not None else None
    # A session ends within days because a browser may be shared; a token made in it need not.
    bound = own.expires_at if own is not None and own.kind is TokenKind.TOKEN else None
    lifetime = None if days is None else timedelta(days=days)
    token = issue_token(session, actor.id, label=label, lifetime=lifetime, scopes=wanted, expires_at=bound)
    session.flush()
    row = session.scalars(_live(actor.id).order_by(Token.id.desc()).limit(1)).one()
    return TokenMade(**_shown(row, actor).model_dump(), token=token)


def revoke_own(session: Session, actor: Actor, token_id: int) -> None:
    """End one of the actor's tokens or sessions.

    Raises:
        NotFoundError: they have no such token.
        NotAllowedError: it may be used for more than the one they came with.
    """
    row = session.scalar(_live(actor.id).where(Token.id == token_id))
    if row is None:
        msg = "You have no such token, or not any more. `gradecli token list` shows those you have."
        raise NotFoundError(msg)
    for scope in sorted(row.scope_set):
        require_scope(actor, scope)
    row.revoked_at = now()


def end_sessions(session: Session, user_id: int, *, keep: int | None = None) -> None:
    """Log somebody out of the pages everywhere, but for the session ``keep``; unused links to set a
    password end too."""
    _end(session, user_id, (TokenKind.SESSION, TokenKind.PASSWORD), keep)


def end_all(session: Session, user_id: int) -> int:
    """End every token, session and link of somebody; how many there were."""
    return _end(session, user_id, tuple(TokenKind), None)


def revoke_anothers(session: Session, actor: Actor, email: str) -> int:
    """End every token and session of somebody else, for staff who answer for them.

    Raises:
        NotAllowedError: the actor is no instructor anywhere, and no administrator.
        NotFoundError: nobody of that address whom the actor answers for.
    """
    person = find_account(session, actor, email)
    ended = end_all(session, person.id)
    record_action(session, actor, "token.revoke_all", subject=person.email, detail={"ended": ended})
    return ended


def password_link(session: Session, actor: Actor | None, person: User) -> str:
    """The secret of a link with which ``person`` sets a password, once. The caller has found them
    (:func:`api.access.find_account`), or is the operator (``None``). Earlier links end."""
    _end(session, person.id, (TokenKind.PASSWORD,), None)
    record_action(session, actor, "password.link", subject=person.email)
    return issue_token(
        session,
        person.id,
        label="link to set a password",
        lifetime=LINK_LIFETIME,
        kind=TokenKind.PASSWORD,
        scopes=(),
    )


def _end(session: Session, user_id: int, kinds: Iterable[TokenKind], keep: int | None) -> int:
    live = select(Token.id).where(
        Token.user_id == user_id, Token.kind.in_(tuple(kinds)), Token.revoked_at.is_(None)
    )
    ids = [token_id for token_id in session.scalars(live) if token_id != keep]
    session.execute(update(Token).where(Token.id.in_(ids)).values(revoked_at=now()))
    return len(ids)


def _live(user_id: int) -> Select[Token]:
    return select(Token).where(
        Token.user_id == user_id,
        Token.kind != TokenKind.PASSWORD,
        Token.revoked_at.is_(None),
        or_(Token.expires_at.is_(None), Token.expires_at > now()),
    )


def _shown(row: Token, actor: Actor) -> TokenOut:
    return TokenOut(
        id=row.id,
        kind=row.kind,
        label=row.label,
        scopes=tuple(scope for scope in Scope if scope in row.scope_set),
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
        is_this=row.id == actor.token_id,
    )

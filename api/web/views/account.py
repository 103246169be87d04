"""A person's own log-in: their password, their tokens, where they are logged in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from api.accounts.models import TokenKind
from api.accounts.passwords import SHORTEST
from api.accounts.schemas import TokenOut
from api.roles import Scope
from api.web import words
from api.web.words import Moment

__all__ = [
    "AccountView",
    "DeviceView",
    "Key",
    "LoginProblem",
    "ScopeChoice",
    "account_view",
    "scope_choices",
]

_MEANING = {
    Scope.READ: "see your problem sets, scores and feedback",
    Scope.SUBMIT: "hand in homework as you",
    Scope.STAFF: "act as you on the staff: see students' work, publish, change rosters",
    Scope.ADMIN: "act as you as an administrator of the whole service",
}


@dataclass(frozen=True, slots=True)
class LoginProblem:
    """Why somebody was not logged in, and with which of the two forms they tried."""

    sentence: str
    by_token: bool


@dataclass(frozen=True, slots=True)
class ScopeChoice:
    """One thing that a token may be used for, in words."""

    name: str
    meaning: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Key:
    """A token or a session in a list. ``scopes`` are words; ``used`` is None for one never used."""

    id: int
    label: str
    scopes: str
    created: Moment
    expires: Moment | None
    used: Moment | None
    is_this: bool


@dataclass(frozen=True, slots=True)
class AccountView:
    """One's own account. ``secret`` is a token made just now; ``problem`` why something was not done,
    ``done`` what was; ``narrow`` for who is logged in with a token that may not do everything."""

    name: str
    email: str
    has_password: bool
    narrow: bool
    shortest: int
    sessions: tuple[Key, ...]
    tokens: tuple[Key, ...]
    scopes: tuple[ScopeChoice, ...]
    secret: str = field(repr=False)
    problem: str
    done: str


@dataclass(frozen=True, slots=True)
class DeviceView:
    """A program that waits to be let in: what it calls itself, where it asked from, what it would get.

    Without ``code`` the page asks for one.
    """

    code: str
    program: str
    address: str
    asked: Moment | None
    gets: tuple[ScopeChoice, ...]
    lasts: str
    problem: str
    done: str


def account_view(
    *,
    name: str,
    email: str,
    has_password: bool,
    scopes: frozenset[Scope],
    is_staff: bool,
    is_admin: bool,
    keys: Iterable[TokenOut],
    now: datetime,
    secret: str = "",
    problem: str = "",
    done: str = "",
) -> AccountView:
    """The page of an account. Scopes that would give the person nothing are not offered."""
    listed = tuple(keys)
    useless = (set() if is_staff else {Scope.STAFF}) | (set() if is_admin else {Scope.ADMIN})
    offered = [scope for scope in Scope if scope in scopes - useless]
    return AccountView(
        name=name,
        email=email,
        has_password=has_password,
        narrow=scopes != frozenset(Scope),
        shortest=SHORTEST,
        sessions=tuple(_key(each, now) for each in listed if each.kind is TokenKind.SESSION),
        tokens=tuple(_key(each, now) for each in listed if each.kind is TokenKind.TOKEN),
        scopes=scope_choices(offered, chosen={Scope.READ}),
        secret=secret,
        problem=problem,
        done=done,
    )


def scope_choices(scopes: Iterable[Scope], *, chosen: Iterable[Scope] = ()) -> tuple[ScopeChoice, ...]:
    """Scopes in words, in their order."""
    wanted, ticked = frozenset(scopes), frozenset(chosen)
    return tuple(ScopeChoice(scope, _MEANING[scope], scope in ticked) for scope in Scope if scope in wanted)


def _key(each: TokenOut, now: datetime) -> Key:
    return Key(
        id=each.id,
        label=each.label,
        scopes=_all_or(each.scopes),
        created=words.moment(each.created_at, now),
        expires=None if each.expires_at is None else words.moment(each.expires_at, now),
        used=None if each.last_used_at is None else words.moment(each.last_used_at, now),
        is_this=each.is_this,
    )


def _all_or(scopes: Sequence[Scope]) -> str:
    return "everything" if len(scopes) == len(Scope) else ", ".join(scopes)

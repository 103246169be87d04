"""Users and their tokens."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from api.database import Base, UtcDateTime, now, stored_enum
from api.roles import Scope

__all__ = ["DeviceLogin", "Token", "TokenKind", "User"]

ALL_SCOPES = "read submit staff admin"


class TokenKind(StrEnum):
    """What a token opens: the API, the pages in one browser, or, once, the form that sets a password.
    None opens what another does."""

    TOKEN = "token"  # noqa: S105 - a kind, not a secret
    SESSION = "session"
    PASSWORD = "password"  # noqa: S105 - a kind, not a secret


class User(Base):
    """A person. ``email`` is kept in lower case and identifies them in rosters."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str] = mapped_column(String(254), unique=True)
    is_admin: Mapped[bool] = mapped_column(default=False)
    password_hash: Mapped[str | None] = mapped_column(String(300))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


class Token(Base):
    """A key that a user logs in with. Only its SHA-256 is kept: a stolen database opens nothing.

    ``scopes`` are words separated by blanks: what the token may be used for, at most.
    """

    __tablename__ = "tokens"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    label: Mapped[str] = mapped_column(String(100))
    kind: Mapped[TokenKind] = mapped_column(stored_enum(TokenKind), default=TokenKind.TOKEN)
    scopes: Mapped[str] = mapped_column(String(200), default=ALL_SCOPES)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    user: Mapped[User] = relationship()

    @property
    def scope_set(self) -> frozenset[Scope]:
        """``scopes``, read; words that are none are passed over."""
        return frozenset(scope for scope in Scope if scope in self.scopes.split())


class DeviceLogin(Base):
    """A command line that waits for its person to approve it in a browser (RFC 8628).

    The short ``user_code`` is typed by the person; the long device code, kept as its SHA-256, is
    what the waiting program proves itself with. It is good for one token. ``address`` is where the
    program asked from, for its person to recognise.
    """

    __tablename__ = "device_logins"

    id: Mapped[int] = mapped_column(primary_key=True)
    device_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    user_code: Mapped[str] = mapped_column(String(16), unique=True)
    label: Mapped[str] = mapped_column(String(100))
    address: Mapped[str] = mapped_column(String(64))
    scopes: Mapped[str] = mapped_column(String(200))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    polled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    approved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    denied_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    collected_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

"""The first start, and every other: folders, keys, schema, an administrator. Safe to repeat."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.accounts.models import User
from api.accounts.service import create_user, issue_token
from api.accounts.tokens import password_link
from api.backup.marker import require_restored
from api.database import Database
from api.errors import NotFoundError
from api.keys import Keys
from api.migrations import require_current, upgrade
from api.operations.audit import record_action
from api.settings import Settings
from api.store import ContentStore

__all__ = ["Prepared", "new_password_link", "new_token", "prepare"]


@dataclass(frozen=True, slots=True)
class Prepared:
    """``admin_token`` is there only when this start created the administrator, and settings let it make
    one: show it, once."""

    admin_email: str
    admin_token: str | None = field(repr=False)


def prepare(settings: Settings) -> Prepared:
    """Make whatever does not exist yet, and bring the database to the newest schema.

    Raises:
        StoreError: the database is in use but the key that belongs to it is gone.
        UnavailableError: a restore into the data folder was not finished.
    """
    require_restored(settings.data)
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    ContentStore(settings.data).create()
    database = Database(settings.database_address)
    try:
        upgrade(database)
        with database.writing() as session:
            admin = session.scalar(select(User).where(User.is_admin).order_by(User.id).limit(1))
            if admin is not None:
                Keys.load(settings.data)
                return Prepared(admin_email=admin.email, admin_token=None)
            Keys.create(settings.data)
            admin = create_user(session, name=settings.admin_name, email=settings.admin_email, is_admin=True)
            token = issue_token(session, admin.id, label="first start") if settings.first_token else None
            return Prepared(admin_email=admin.email, admin_token=token)
    finally:
        database.close()


def new_token(settings: Settings, email: str) -> str:
    """Another token for the person with that e-mail address: for an operator on the server itself,
    when somebody has lost theirs.

    Raises:
        NotFoundError: nobody has that address.
        UnavailableError: there is no database of this version.
    """
    with _found(settings, email) as (session, user):
        record_action(session, None, "token.issue", subject=user.email)
        return issue_token(session, user.id, label="issued by the operator")


def new_password_link(settings: Settings, email: str) -> str:
    """The secret of a link with which that person sets a password, once; for an operator too.

    Raises:
        NotFoundError, UnavailableError: see :func:`new_token`.
    """
    with _found(settings, email) as (session, user):
        return password_link(session, None, user)


@contextmanager
def _found(settings: Settings, email: str) -> Iterator[tuple[Session, User]]:
    database = Database(settings.database_address)
    try:
        require_current(database)
        with database.writing() as session:
            user = session.scalar(select(User).where(User.email == email.lower()))
            if user is None:
                msg = f"Nobody here has the e-mail address {email}."
                raise NotFoundError(msg)
            yield session, user
    finally:
        database.close()

"""How Alembic reaches the database: on the connection that :func:`api.migrations.upgrade` opened."""

from __future__ import annotations

from typing import Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection

import api.models
from api.database import Base, UtcDateTime

__all__: list[str] = []


def _render(kind: str, item: object, _: AutogenContext) -> str | Literal[False]:
    """Write our own column types as plain ones: a migration outlives the code around it."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcDateTime) else False


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        # SQLite cannot alter most things in place; batch mode rebuilds the table.
        render_as_batch=True,
        transactional_ddl=True,
        render_item=_render,
    )
    with context.begin_transaction():
        context.run_migrations()


assert api.models.__all__, "the tables must be imported before their metadata is compared"
_run(context.config.attributes["connection"])

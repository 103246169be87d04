"""What the database says is in the content store."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, MetaData, Table, inspect, select

__all__ = ["packages_named", "stored_files_named"]

# Table, column with a SHA-256, and the column that says since when the file is no longer kept: of the
# row itself, or of the submission that the row belongs to.
_FILES = (
    ("package_versions", "handout_sha256", None),
    ("submission_files", "sha256", "submissions.files_removed_at"),
    ("submission_uploads", "sha256", "removed_at"),
    ("transcripts", "sha256", "removed_at"),
)
_ROWS_AT_ONCE = 1000


def stored_files_named(connection: Connection) -> Iterator[tuple[str, str]]:
    """Each stored file that must be there: its SHA-256, and which table names it.

    Works on an older schema too. A file that several rows share comes several times.
    """
    present = set(inspect(connection).get_table_names())
    metadata = MetaData()
    for name, column, removed in _FILES:
        if name not in present:
            continue
        table = Table(name, metadata, autoload_with=connection)
        wanted = select(table.c[column])
        if removed is not None:
            owner, _, since = removed.rpartition(".")
            if owner:
                submissions = Table(owner, metadata, autoload_with=connection)
                wanted = wanted.join_from(table, submissions, table.c.submission_id == submissions.c.id)
                kept = submissions.c.get(since)
            else:
                kept = table.c.get(since)
            if kept is not None:
                wanted = wanted.where(kept.is_(None))
        options = {"yield_per": _ROWS_AT_ONCE}
        for (digest,) in connection.execute(wanted.distinct(), execution_options=options):
            yield digest, name


def packages_named(connection: Connection) -> list[str]:
    """The digest of each published package that must be there."""
    if "package_versions" not in inspect(connection).get_table_names():
        return []
    table = Table("package_versions", MetaData(), autoload_with=connection)
    return list(connection.scalars(select(table.c.digest).order_by(table.c.digest)))

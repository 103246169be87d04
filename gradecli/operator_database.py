"""What an operator does to the service's database: look at it, upgrade, back up, restore, check."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from gradecli.errors import BadInputError, CommandError, PlatformError
from gradecli.operator_service import read_settings
from gradecli.terminal import note, say

if TYPE_CHECKING:
    from api.settings import Settings

__all__ = ["check_database", "make_backup", "restore_backup", "show_status", "upgrade_database"]

_MOST_SHOWN = 100


def show_status(*, data: Path | None) -> None:
    """Print where the database is, its schema, and how many rows each table has.

    Raises:
        BadInputError: there is no service's data there.
        PlatformError: the database cannot be used.
    """
    settings = _existing(data)
    with _failures():
        from sqlalchemy import func, make_url, select

        from api.backup.rows import read_tables
        from api.database import Database
        from api.migrations import current_revision, newest_revision

        database = Database(settings.database_address)
        try:
            with database.reading() as session:
                connection = session.connection()
                schema, newest = current_revision(connection), newest_revision()
                tables = read_tables(connection)
                rows = {
                    table.name: session.scalar(select(func.count()).select_from(table)) for table in tables
                }
        finally:
            database.close()
    say(f"database  {make_url(settings.database_address).render_as_string(hide_password=True)}")
    say(f"data      {settings.data}")
    if schema is None:
        say(f"schema    none yet: the database is empty; gradecli serve makes schema {newest}")
    elif schema == newest:
        say(f"schema    {schema}, the one this version needs")
    else:
        say(f"schema    {schema}; this version needs {newest}: gradecli db upgrade")
    for name, count in sorted(rows.items()):
        say(f"{count:>9} {name}")


def upgrade_database(*, data: Path | None) -> None:
    """Bring the database to the newest schema.

    Raises:
        BadInputError: there is no service's data there.
        PlatformError: the database cannot be used.
    """
    settings = _existing(data)
    with _failures():
        from api.backup.marker import require_restored
        from api.database import Database
        from api.migrations import current_revision, newest_revision, upgrade

        require_restored(settings.data)
        database = Database(settings.database_address)
        try:
            with database.reading() as session:
                before = current_revision(session.connection())
            if before is not None and before != newest_revision():
                upgrade(database)
        finally:
            database.close()
    if before is None:
        raise BadInputError("The database is empty: gradecli serve makes a new one, db restore fills it.")
    newest = newest_revision()
    say(f"upgraded from schema {before} to {newest}" if before != newest else f"schema {newest}: up to date")


def make_backup(file: Path, *, data: Path | None, with_key: bool) -> None:
    """Write a backup to ``file``.

    Raises:
        BadInputError: the file exists, or there is nothing to keep.
        PlatformError: it could not be written; then there is no such file.
        CommandError: it is written, but some stored files were missing already.
    """
    settings = _existing(data)
    with _failures():
        from api.backup import record_backup, write_backup
        from api.errors import DatabaseAwayError

        written = write_backup(settings, file, with_key=with_key)
        try:
            record_backup(settings, written)
        except DatabaseAwayError as error:
            note(f"The backup is whole, but the service could not note that it was made: {error}")
    say(f"{written.path}: {written.rows} rows, {written.files} files, {written.size} bytes")
    say(f"sha-256 of its manifest: {written.digest}")
    if written.has_key:
        note("It holds the service key and every student's work: keep it where only operators can read it.")
    else:
        note(f"It holds no service key: keep {settings.data / 'service.key'} elsewhere, and restore both.")
    if written.missing:
        _list(written.missing)
        raise CommandError(
            f"The backup is complete but for {len(written.missing)} stored files that were missing or "
            "damaged already. If an older backup has them, keep it."
        )


def restore_backup(file: Path, *, data: Path | None) -> None:
    """Put the backup ``file`` into the settings' folder and database, and check the result.

    Raises:
        BadInputError: the file is no sound backup, or there is something in the way.
        PlatformError: it could not be finished; the same command begins again.
        CommandError: it is restored, and was not whole.
    """
    settings = read_settings(data=data)
    if not file.is_file():
        raise BadInputError(f"There is no file {file}.")
    with _failures():
        from api.backup import check, restore

        restored = restore(settings, file)
        findings = [finding.what for finding in check(settings)]
    say(f"restored {restored.rows} rows and {restored.files} files into {settings.data}")
    if not restored.has_key:
        note(
            f"The backup holds no service key: put yours at {settings.data / 'service.key'} before you start."
        )
    if findings:
        _list(findings)
        raise CommandError("Everything in the backup is restored, but it is not whole: see above.")
    note(f"Start it with: gradecli serve --data {settings.data}")


def check_database(*, data: Path | None) -> None:
    """Print what is not as it must be.

    Raises:
        BadInputError: there is no service's data there.
        PlatformError: the database cannot be used.
        CommandError: something is wrong.
    """
    settings = _existing(data)
    with _failures():
        from api.backup import check

        findings = [finding.what for finding in check(settings)]
    if findings:
        _list(findings)
        raise CommandError(
            f"{len(findings)} things are not as they must be. docs/operating.md says what to do."
        )
    say("the database and the stored files are whole")


def _existing(data: Path | None) -> Settings:
    settings = read_settings(data=data)
    if not settings.data.is_dir():
        raise BadInputError(
            f"There is no service's data in {settings.data}. Name its folder with --data DIR."
        )
    return settings


def _list(findings: tuple[str, ...] | list[str]) -> None:
    for finding in findings[:_MOST_SHOWN]:
        say(f"  {finding}")
    if len(findings) > _MOST_SHOWN:
        say(f"  and {len(findings) - _MOST_SHOWN} more")


@contextmanager
def _failures() -> Iterator[None]:
    from sqlalchemy.exc import SQLAlchemyError

    from api.backup import BackupError
    from api.errors import ApiError, DatabaseAwayError, StoreError

    # What it would log is said as this command's own answer.
    logging.getLogger("api.database").addHandler(logging.NullHandler())
    try:
        yield
    except BackupError as error:
        raise BadInputError(str(error)) from error
    except DatabaseAwayError as error:
        raise PlatformError(f"The database cannot be used: {error.evidence}") from error
    except (ApiError, StoreError) as error:
        raise PlatformError(str(error)) from error
    except SQLAlchemyError as error:
        raise PlatformError(f"The database refused: {getattr(error, 'orig', error)}") from error

"""Putting a backup back: into an empty place only, onto either kind of database."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from pydantic import ValidationError
from sqlalchemy import Connection, inspect

from api.backup.archive import KEY, BackupError, BadBackupError, Reader
from api.backup.header import Header
from api.backup.marker import MARKER, RestoreMarker
from api.backup.rows import load_table, read_tables, set_last_numbers
from api.database import Database
from api.keys import Keys
from api.migrations import fill_and_upgrade, knows_revision
from api.settings import Settings
from api.store import ContentStore

__all__ = ["Restored", "restore"]

_ALWAYS_THERE = {"lost+found", MARKER}


@dataclass(frozen=True, slots=True)
class Restored:
    """What was put back. ``schema`` is the one it was made with; it has been upgraded since."""

    schema: str
    rows: int
    files: int
    has_key: bool


def restore(settings: Settings, source: Path) -> Restored:
    """Put the backup ``source`` into ``settings.data`` and the database of ``settings``.

    All of the file is checked before anything is changed. The rows arrive in one transaction, last.
    Interrupted, it leaves a note in the data folder, with which the service does not start; the
    same command then begins again.

    Raises:
        BadBackupError: the file is damaged, or not a backup.
        BackupError: there is something in the folder or the database already, or the backup is of
            a newer version.
        DatabaseAwayError: the database cannot be written now.
        OSError: the disk is full, or something cannot be written.
    """
    reader = Reader(source)
    header = _header(reader)
    _check_names(reader)
    marker = RestoreMarker(settings.data)
    begun = marker.backup()
    if begun not in {None, reader.digest}:
        raise BackupError(
            f"A restore of another backup into {settings.data} was not finished. "
            "Finish that one, or empty the folder and the database."
        )
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    database = Database(settings.database_address)
    try:
        done = _has_tables(database)
        if begun is None:
            _require_empty(settings, header, database_in_use=done)
            marker.leave(reader.digest)
        files = _put_files(settings.data, reader)
        if header.has_key:
            Keys.put_back(settings.data, reader.small(KEY))
        rows = 0
        # With our note beside it, a database that is not empty is one that this restore filled.
        if not done:
            rows = _fill(database, header, reader)
        marker.remove()
    finally:
        database.close()
    return Restored(header.schema_revision, rows, files, header.has_key)


def _header(reader: Reader) -> Header:
    try:
        header = Header.model_validate_json(reader.small("backup.json"))
    except ValidationError as error:
        raise BadBackupError(f"{reader.path} is not a backup that this version can read.") from error
    if not knows_revision(header.schema_revision):
        raise BackupError(
            f"The backup has schema {header.schema_revision}, which this version does not know. "
            f"It was made by {header.made_by}: install that version, or a later one."
        )
    return header


def _check_names(reader: Reader) -> None:
    for name, member in reader.members.items():
        if name.startswith("blobs/") and name != f"blobs/{member.sha256}":
            raise BadBackupError(f"{reader.path} cannot be used: the stored file {name} is not what it says.")
        if name == KEY and member.size != Keys.SIZE:
            raise BadBackupError(f"{reader.path} cannot be used: its service key is damaged.")


def _require_empty(settings: Settings, header: Header, *, database_in_use: bool) -> None:
    if database_in_use:
        raise BackupError(
            "There is something in the database already. A restore goes into an empty one only: "
            "name another with GRADECLI_DATABASE_URL, or another folder with --data."
        )
    # Whoever keeps the key apart may have put it there already.
    allowed = _ALWAYS_THERE if header.has_key else {*_ALWAYS_THERE, KEY}
    found = [path.name for path in settings.data.iterdir()]
    # An empty SQLite file appears when somebody looks whether there is anything in it.
    there = sorted(name for name in found if name not in allowed and not name.startswith("gradecli.sqlite3"))
    if there:
        raise BackupError(
            f"{settings.data} is not empty: it holds {', '.join(there[:5])}. "
            "A restore goes into an empty folder only: name another with --data."
        )


def _has_tables(database: Database) -> bool:
    with database.reading() as session:
        return bool(inspect(session.connection()).get_table_names())


def _put_files(data: Path, reader: Reader) -> int:
    # What an interrupted try was in the middle of.
    shutil.rmtree(data / "staging", ignore_errors=True)
    store = ContentStore(data)
    store.create()
    count = 0
    with store.staging_folder() as staging:
        for member, content in reader.contents():
            kind, _, rest = member.name.partition("/")
            if kind == "blobs":
                store.put_stream(_pieces(content), rest)
                count += 1
            elif kind == "packages":
                path = staging / rest
                path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                with path.open("xb") as file:
                    shutil.copyfileobj(content, file)
                count += 1
        for folder in sorted(staging.iterdir()):
            store.keep_package(folder, folder.name)
    return count


def _pieces(content: IO[bytes]) -> Iterator[bytes]:
    while piece := content.read(1024 * 1024):
        yield piece


def _fill(database: Database, header: Header, reader: Reader) -> int:
    """Make the tables as they were, put the rows in, bring them to this version's schema: at once."""
    counted = 0

    def fill(connection: Connection) -> None:
        nonlocal counted
        tables = read_tables(connection)
        wanted = {f"tables/{table.name}.jsonl" for table in tables}
        kept = {name for name in reader.members if name.startswith("tables/")}
        if wanted != kept:
            raise BadBackupError(f"{reader.path} cannot be used: its tables are not those of its schema.")
        try:
            for table in tables:
                with reader.open(f"tables/{table.name}.jsonl") as lines:
                    counted += load_table(connection, table, lines)
            set_last_numbers(connection, tables, json.loads(reader.small("counters.json") or b"{}"))
        except (ValueError, TypeError, AttributeError) as error:
            raise BadBackupError(f"{reader.path} cannot be used: its rows cannot be read.") from error

    fill_and_upgrade(database, header.schema_revision, fill)
    return counted

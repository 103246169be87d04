"""Making a backup, while the service runs or not."""

from __future__ import annotations

import json
import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import IO

from sqlalchemy import Connection, inspect

from api.backup.archive import KEY, BackupError, Writer, safe_package_path
from api.backup.header import Header
from api.backup.references import packages_named, stored_files_named
from api.backup.rows import last_numbers, read_tables, write_table
from api.database import Database, now
from api.errors import StoreError
from api.keys import Keys
from api.migrations import current_revision
from api.operations.audit import record_action
from api.operations.models import AuditEntry
from api.settings import Settings
from api.store import ContentStore

__all__ = ["Written", "record_backup", "write_backup"]


@dataclass(frozen=True, slots=True)
class Written:
    """A finished backup. ``missing`` are stored files that the database names but the disk lacks."""

    path: Path
    digest: str
    size: int
    rows: int
    files: int
    has_key: bool
    missing: tuple[str, ...]


def write_backup(settings: Settings, target: Path, *, with_key: bool = True) -> Written:
    """Write the whole service into the new file ``target``: whole, or not at all.

    The rows are those of one moment. Stored files never change, and are on the disk before the
    rows that name them, so they are copied afterwards.

    Raises:
        BackupError: there is no service, or ``target`` exists.
        DatabaseAwayError: the database cannot be read now.
        OSError: the file cannot be written.
    """
    if target.exists():
        raise BackupError(f"{target} exists already, and is left as it is. Choose another name.")
    database = Database(settings.database_address)
    try:
        with _written_whole(target) as file:
            backup = _Backup(ContentStore(settings.data), Writer(file))
            with database.reading() as session:
                backup.add_database(session.connection(), has_key=with_key)
            backup.add_stored_files()
            if with_key:
                backup.add_key(settings.data)
            digest = backup.writer.finish()
            size = file.tell()
    finally:
        database.close()
    return Written(target, digest, size, backup.rows, backup.files, with_key, tuple(backup.missing))


def record_backup(settings: Settings, written: Written) -> None:
    """Leave an entry in the audit trail; ``gradecli doctor`` knows from it how old the last backup is.

    A database of an older schema keeps none, and is left alone.

    Raises:
        DatabaseAwayError: the database cannot be written now. The backup is whole all the same.
    """
    database = Database(settings.database_address)
    try:
        with database.writing() as session:
            if inspect(session.connection()).has_table(AuditEntry.__tablename__):
                detail = {"digest": written.digest, "bytes": written.size, "missing": len(written.missing)}
                record_action(session, None, "db.backup", subject=written.path.name, detail=detail)
    finally:
        database.close()


class _Backup:
    def __init__(self, store: ContentStore, writer: Writer) -> None:
        self._store = store
        self.writer = writer
        self.rows = 0
        self.files = 0
        self.missing: list[str] = []
        self._blobs: set[bytes] = set()
        self._packages: list[str] = []

    def add_database(self, connection: Connection, *, has_key: bool) -> None:
        if connection.dialect.name == "postgresql":
            # Writing to a slow disk is no reason to be thrown out.
            connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
        schema = current_revision(connection)
        if schema is None:
            raise BackupError("The database is empty: there is nothing to keep.")
        header = Header(
            schema_revision=schema, made_at=now(), made_by=f"gradecli {version('gradecli')}", has_key=has_key
        )
        self.writer.add_bytes("backup.json", header.model_dump_json(indent=1).encode())
        tables = read_tables(connection)
        for table in tables:
            with tempfile.TemporaryFile() as file:
                self.rows += write_table(connection, table, file)
                size = file.tell()
                file.seek(0)
                self.writer.add(f"tables/{table.name}.jsonl", file, size)
        self.writer.add_bytes("counters.json", json.dumps(last_numbers(connection, tables)).encode())
        self._blobs = {bytes.fromhex(digest) for digest, _ in stored_files_named(connection)}
        self._packages = packages_named(connection)

    def add_stored_files(self) -> None:
        for digest in sorted(self._blobs):
            name = digest.hex()
            try:
                self._store.verify(name)
                with self._store.open(name) as content:
                    self._add(f"blobs/{name}", content)
            except StoreError as error:
                self.missing.append(str(error))
        for package in self._packages:
            try:
                folder = self._store.package(package)
            except StoreError as error:
                self.missing.append(str(error))
                continue
            for path in sorted(
                path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()
            ):
                name = path.relative_to(folder).as_posix()
                if not safe_package_path(name):
                    self.missing.append(f"package {folder.name[:12]}: {name!r} is no name for a file")
                    continue
                with path.open("rb") as content:
                    self._add(f"packages/{folder.name}/{name}", content)

    def add_key(self, data: Path) -> None:
        Keys.load(data)
        self.writer.add_bytes(KEY, Keys.file(data).read_bytes())

    def _add(self, name: str, content: IO[bytes]) -> None:
        self.writer.add(name, content, os.fstat(content.fileno()).st_size)
        self.files += 1


@contextmanager
def _written_whole(target: Path) -> Iterator[IO[bytes]]:
    """A new file, for its owner only, that is called ``target`` when all of it is on the disk."""
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(8)}")
    descriptor = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            raise BackupError(f"{target} was made by somebody else meanwhile. Choose another name.")
        temporary.rename(target)
    finally:
        temporary.unlink(missing_ok=True)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)

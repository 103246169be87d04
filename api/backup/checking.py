"""Whether the database and the stored files belong together and are whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, exists, inspect, select

from api.backup.references import packages_named, stored_files_named
from api.database import Database
from api.errors import StoreError
from api.gradebook.models import GradeReportRow
from api.jobs.models import GradingJob, JobState
from api.keys import Keys
from api.migrations import require_current
from api.settings import Settings
from api.store import ContentStore
from api.submissions.models import Submission, SubmissionFile

__all__ = ["Finding", "check"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it must be, in a sentence."""

    what: str


def check(settings: Settings) -> list[Finding]:
    """Everything that is missing, damaged, or refers to nothing. Reads every stored file.

    May be run while the service runs.

    Raises:
        UnavailableError: the database cannot be read, or has another schema.
    """
    database = Database(settings.database_address)
    try:
        require_current(database)
        with database.reading() as session:
            connection = session.connection()
            findings = [*_rows(connection)]
            named = {bytes.fromhex(digest): table for digest, table in stored_files_named(connection)}
            packages = packages_named(connection)
    finally:
        database.close()
    store = ContentStore(settings.data)
    return [
        Finding(text)
        for text in (*findings, *_files(store, named), *_packages(store, packages), *_key(settings))
    ]


def _rows(connection: Connection) -> Iterator[str]:
    if connection.dialect.name == "sqlite":
        for table, row, parent, _ in connection.exec_driver_sql("PRAGMA foreign_key_check"):
            yield f"table {table}, row {row}: it refers to something in {parent} that does not exist"
        for (said,) in connection.exec_driver_sql("PRAGMA integrity_check"):
            if said != "ok":
                yield f"the database file is damaged: {said}"
    else:
        for constraint in _unchecked(connection):
            yield f"constraint {constraint} was never checked on the rows that there are"
    jobless = select(Submission.id).where(~exists().where(GradingJob.submission_id == Submission.id))
    for (submission,) in connection.execute(jobless):
        yield f"submission {submission} has no grading job: it will never be graded"
    fileless = select(Submission.id).where(
        Submission.files_removed_at.is_(None), ~exists().where(SubmissionFile.submission_id == Submission.id)
    )
    for (submission,) in connection.execute(fileless):
        yield f"submission {submission} has no files"
    verdictless = select(GradingJob.submission_id).where(
        GradingJob.state == JobState.DONE,
        ~exists().where(GradeReportRow.submission_id == GradingJob.submission_id),
    )
    for (submission,) in connection.execute(verdictless):
        yield f"submission {submission} is marked as graded, but has no report"
    yield from _triggers(connection)


def _unchecked(connection: Connection) -> list[str]:
    query = "SELECT conname FROM pg_constraint WHERE contype = 'f' AND NOT convalidated"
    return [name for (name,) in connection.exec_driver_sql(query)]


def _triggers(connection: Connection) -> Iterator[str]:
    """The database itself must refuse to rewrite history."""
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if connection.dialect.name == "sqlite"
        else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
    )
    there = {name for (name,) in connection.exec_driver_sql(query)}
    for table in ("grade_reports", "grade_changes", "audit_entries"):
        for verb in ("update", "delete"):
            if f"{table}_no_{verb}" not in there and inspect(connection).has_table(table):
                yield f"table {table} can be rewritten: its trigger {table}_no_{verb} is gone"


def _files(store: ContentStore, named: dict[bytes, str]) -> Iterator[str]:
    for digest, table in sorted(named.items()):
        try:
            store.verify(digest.hex())
        except StoreError as error:
            yield f"{error} (named in {table})"


def _packages(store: ContentStore, digests: list[str]) -> Iterator[str]:
    for digest in digests:
        try:
            if not any(store.package(digest).iterdir()):
                yield f"package {digest[:19]} is empty: restore the data folder from your backup"
        except StoreError as error:
            yield str(error)


def _key(settings: Settings) -> Iterator[str]:
    try:
        Keys.load(settings.data)
    except StoreError as error:
        yield str(error)

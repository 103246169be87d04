"""Tables as lines of JSON, and back, exactly: on either database, of any schema.

Tables are read as the database describes them, not as the models do, so that a backup of an older
schema can be made and restored. Moments are written in UTC, JSON columns as their very text.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from itertools import islice
from typing import IO, Any

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    DateTime,
    MetaData,
    Table,
    Text,
    bindparam,
    cast,
    func,
    insert,
    inspect,
    select,
    text,
    type_coerce,
)

__all__ = ["last_numbers", "load_table", "read_tables", "set_last_numbers", "write_table"]

_VERSION_TABLE = "alembic_version"
_ROWS_AT_ONCE = 500


def read_tables(connection: Connection) -> list[Table]:
    """Every table that holds the service's data, those that others refer to first."""
    metadata = MetaData()
    names = [name for name in inspect(connection).get_table_names() if name != _VERSION_TABLE]
    metadata.reflect(connection, only=names)
    return [table for table in metadata.sorted_tables if table.name in names]


def write_table(connection: Connection, table: Table, file: IO[bytes]) -> int:
    """Write each row of ``table`` as one line, in the order of its key, and return how many."""
    columns = list(table.columns)
    query = select(*(_as_kept(connection, column) for column in columns)).order_by(*table.primary_key)
    writers = [_writer(column) for column in columns]
    count = 0
    file.write(_line([column.name for column in columns]))
    for row in connection.execute(query, execution_options={"yield_per": _ROWS_AT_ONCE}):
        file.write(_line([write(value) for write, value in zip(writers, row, strict=True)]))
        count += 1
    return count


def load_table(connection: Connection, table: Table, lines: Iterable[bytes]) -> int:
    """Insert what :func:`write_table` wrote, and return how many rows there were.

    Raises:
        ValueError: the lines are not of such a table.
    """
    lines = iter(lines)
    names = json.loads(next(lines, b"[]"))
    if sorted(names) != sorted(column.name for column in table.columns):
        msg = f"the columns of table {table.name} are not those of its schema"
        raise ValueError(msg)
    readers = [_reader(table.columns[name]) for name in names]
    values = {name: _as_given(connection, table.columns[name]) for name in names}
    count = 0
    while batch := list(islice(lines, _ROWS_AT_ONCE)):
        rows = [json.loads(line) for line in batch]
        parameters = [
            {f"v_{name}": read(value) for name, read, value in zip(names, readers, row, strict=True)}
            for row in rows
        ]
        connection.execute(insert(table).values(values), parameters)
        count += len(batch)
    return count


def last_numbers(connection: Connection, tables: Iterable[Table]) -> dict[str, int]:
    """The last number that each table gave out by itself: it may be higher than any row's."""
    numbers: dict[str, int] = {}
    for table in tables:
        column = _numbered(table)
        if column is None:
            continue
        highest = connection.scalar(select(func.max(column))) or 0
        numbers[table.name] = max(highest, _given_out(connection, table, column))
    return numbers


def set_last_numbers(connection: Connection, tables: Iterable[Table], numbers: dict[str, int]) -> None:
    """Make each table go on counting after its number."""
    for table in tables:
        column, number = _numbered(table), int(numbers.get(table.name, 0))
        if column is None or number <= 0:
            continue
        if connection.dialect.name == "postgresql":
            connection.execute(select(func.setval(_sequence(table, column), number)))
        elif _counts_for_ever(connection, table):
            connection.execute(text("DELETE FROM sqlite_sequence WHERE name = :t"), {"t": table.name})
            connection.execute(
                text("INSERT INTO sqlite_sequence (name, seq) VALUES (:t, :n)"),
                {"t": table.name, "n": number},
            )


def _numbered(table: Table) -> Column[Any] | None:
    """The key that the database counts up by itself, if ``table`` has one."""
    column = table.autoincrement_column
    return column if column is not None and not column.foreign_keys else None


def _sequence(table: Table, column: Column[Any]) -> Any:
    return func.pg_get_serial_sequence(table.name, column.name)


def _given_out(connection: Connection, table: Table, column: Column[Any]) -> int:
    if connection.dialect.name == "postgresql":
        name = connection.scalar(select(_sequence(table, column)))
        if name is None:
            return 0
        statement = f"SELECT last_value, is_called FROM {name}"  # noqa: S608 - the server's own quoting
        last, used = connection.exec_driver_sql(statement).one()
        return int(last) if used else 0
    if not _counts_for_ever(connection, table):
        return 0
    query = text("SELECT seq FROM sqlite_sequence WHERE name = :t")
    return int(connection.scalar(query, {"t": table.name}) or 0)


def _counts_for_ever(connection: Connection, table: Table) -> bool:
    """Whether SQLite keeps this table's count; it does so for those made with AUTOINCREMENT."""
    query = text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = :t")
    return "AUTOINCREMENT" in (connection.scalar(query, {"t": table.name}) or "").upper()


def _as_kept(connection: Connection, column: Column[Any]) -> Any:
    if not isinstance(column.type, JSON):
        return column
    if connection.dialect.name == "postgresql":
        return cast(column, Text).label(column.name)
    return type_coerce(column, Text).label(column.name)


def _as_given(connection: Connection, column: Column[Any]) -> Any:
    if not isinstance(column.type, JSON):
        return bindparam(f"v_{column.name}", type_=column.type)
    given = bindparam(f"v_{column.name}", type_=Text())
    return cast(given, column.type) if connection.dialect.name == "postgresql" else type_coerce(given, Text)


def _writer(column: Column[Any]) -> Callable[[Any], Any]:
    return _moment_to_text if isinstance(column.type, DateTime) else _unchanged


def _reader(column: Column[Any]) -> Callable[[Any], Any]:
    if not isinstance(column.type, DateTime):
        return _unchanged
    return _moment if column.type.timezone else _moment_without_zone


def _unchanged(value: Any) -> Any:
    return value


def _moment_to_text(value: datetime | None) -> str | None:
    if value is None:
        return None
    # SQLite keeps no zone: what it holds is in UTC.
    return (value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)).isoformat()


def _moment(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value).astimezone(UTC)


def _moment_without_zone(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value).astimezone(UTC).replace(tzinfo=None)


def _line(values: list[Any]) -> bytes:
    return json.dumps(values, ensure_ascii=True, allow_nan=True).encode() + b"\n"

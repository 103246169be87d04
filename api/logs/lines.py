"""How a record becomes a line: JSON for programs, text for people.

Whatever a message holds, it cannot end its line and begin another one, move a terminal's cursor,
or turn the direction of the text: those characters are written as escapes.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from datetime import UTC, datetime

from api.logs.context import current_subject
from api.logs.redaction import redacted

__all__ = ["JsonLines", "TextLines"]

_LONGEST_MESSAGE = 8_000
_LONGEST_ERROR = 32_000
_UNPRINTABLE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
_CONTINUED = "    | "


class _Lines(logging.Formatter):
    """``details`` of a record (``extra={"details": ...}``) are further fields, by name."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def _message(self, record: logging.LogRecord) -> str:
        try:
            text = record.getMessage()
        except Exception:  # a mistake in a call of the logger must not lose the line
            text = str(record.msg)
        return redacted(_cut(text, _LONGEST_MESSAGE))

    def _error(self, record: logging.LogRecord) -> str:
        if record.exc_info and record.exc_info[0] is not None:
            # The end of a traceback says what happened.
            return redacted(super().formatException(record.exc_info)[-_LONGEST_ERROR:])
        return ""

    def _fields(self, record: logging.LogRecord) -> dict[str, object]:
        details = getattr(record, "details", None)
        fields = {**current_subject(), **(details if isinstance(details, Mapping) else {})}
        return {name: redacted(value) if isinstance(value, str) else value for name, value in fields.items()}

    def _time(self, record: logging.LogRecord) -> str:
        return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


class JsonLines(_Lines):
    """One JSON object for each record, in ASCII: it has no line break but its own end."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": self._time(record),
            "level": record.levelname.lower(),
            "process": self._process,
            "logger": record.name,
            "message": self._message(record),
        }
        line |= {name: value for name, value in self._fields(record).items() if name not in line}
        error = self._error(record)
        if error:
            line["error"] = error
        return json.dumps(
            line, ensure_ascii=True, allow_nan=False, default=lambda value: redacted(str(value))
        )


class TextLines(_Lines):
    """One line for each record; the lines of a traceback follow it, marked as such."""

    def format(self, record: logging.LogRecord) -> str:
        fields = "".join(f" {name}={_printable(str(value))}" for name, value in self._fields(record).items())
        line = (
            f"{self._time(record)} {self._process} {record.levelname} {record.name}: "
            f"{_printable(self._message(record))}{fields}"
        )
        error = self._error(record)
        return "\n".join([line, *(_CONTINUED + _printable(each) for each in error.split("\n") if each)])


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[:length]} … ({len(text)} characters)"


def _printable(text: str) -> str:
    return _UNPRINTABLE.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)

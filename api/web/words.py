"""Numbers, moments and sizes as a person reads them. Pure functions; no clock of their own."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

__all__ = ["Moment", "column", "moment", "plural", "points", "size", "visible"]

_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

# Characters that reorder or hide the text around them: a listing that obeys them shows a reader
# something other than what Python runs (https://trojansource.codes).
_REORDERING = frozenset(
    "\u061c\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
)


@dataclass(frozen=True, slots=True)
class Moment:
    """One point in time, three ways: for machines, exactly, and relative to now."""

    iso: str
    exact: str
    words: str
    past: bool


def moment(when: datetime, now: datetime) -> Moment:
    """``when`` as seen from ``now``. A time without a zone is taken as UTC."""
    at = _utc(when)
    return Moment(
        iso=at.isoformat(timespec="seconds").replace("+00:00", "Z"),
        exact=f"{_WEEKDAYS[at.weekday()]} {at.day} {_MONTHS[at.month - 1]} {at.year}, {at:%H:%M} UTC",
        words=_distance(at - _utc(now)),
        past=at <= _utc(now),
    )


def _utc(when: datetime) -> datetime:
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)


def _distance(ahead: timedelta) -> str:
    """``in 3 days`` or ``2 hours ago``: rounded down, so that time left is never overstated."""
    seconds = abs(ahead.total_seconds())
    if seconds < 45:
        return "in less than a minute" if ahead > timedelta() else "just now"
    if seconds < 3600:
        span = plural(max(1, int(seconds // 60)), "minute")
    elif seconds < 48 * 3600:
        span = plural(int(seconds // 3600), "hour")
    elif seconds < 60 * 86400:
        span = plural(int(seconds // 86400), "day")
    else:
        span = plural(int(seconds // (30 * 86400)), "month")
    return f"in {span}" if ahead > timedelta() else f"{span} ago"


def plural(count: int, noun: str, many: str = "") -> str:
    """``1 point``, ``2 points``; ``many`` for a noun whose plural is not made with an s."""
    return f"{count} {noun if count == 1 else many or noun + 's'}"


def points(value: float) -> str:
    """A score without needless zeros, at most two decimals, never rounded up: 9.999 is not 10."""
    return _two_decimals(value).rstrip("0").rstrip(".")


def column(values: Iterable[float]) -> Callable[[float], str]:
    """How to write the scores of one column: each with as many decimals as the one that needs most."""
    decimals = max((len(points(value).partition(".")[2]) for value in values), default=0)
    surplus = (len(".00"), len("0"), 0)[decimals]
    return lambda value: _two_decimals(value)[: -surplus or None]


def _two_decimals(value: float) -> str:
    return f"{math.floor(round(value, 6) * 100) / 100:.2f}"


def size(count: int) -> str:
    """A file's size in bytes, KB or MB (powers of 1000, as file managers show them)."""
    if count < 1000:
        return plural(count, "byte")
    if count < 1_000_000:
        return f"{count / 1000:.1f} KB"
    return f"{count / 1_000_000:.1f} MB"


def visible(text: str) -> str:
    """``text`` with every control and reordering character made visible, line breaks and tabs kept."""
    return "".join(_shown(character) for character in text.replace("\r\n", "\n"))


def _shown(character: str) -> str:
    if character in "\n\t":
        return character
    code = ord(character)
    control = code < 0x20 or 0x7F <= code < 0xA0 or 0xD800 <= code < 0xE000
    return f"‹U+{code:04X}›" if control or character in _REORDERING else character

"""Parses JSON from a stranger: bounded in size, depth and number of values before a value is made."""

from __future__ import annotations

import json
import re
from typing import Final, TypeAlias

__all__ = ["BadJsonError", "Json", "parse"]

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"

_DEEPEST: Final = 64
_MOST_VALUES: Final = 200_000
_LONGEST_INTEGER: Final = 18  # digits
_STRING: Final = re.compile(rb'"[^"]*+(?:"|\Z)')
_BRACKET: Final = re.compile(rb"[\[\]{}]")


class BadJsonError(Exception):
    """It is not JSON that can be read here; the message says why, as a clause."""


def parse(content: bytes) -> Json:
    """The value of ``content``. The caller has bounded its length.

    Numbers that are none (``NaN``) come out as None, and huge integers as floats: both are written by
    real programs, and nothing here depends on them.

    Raises:
        BadJsonError: not JSON in UTF-8, nested too deep, too many values, or a key twice in one object.
    """
    _require_bounded(content)
    try:
        value: Json = json.loads(
            content.decode("utf-8-sig"),
            object_pairs_hook=_without_twins,
            parse_constant=lambda _: None,
            parse_int=lambda digits: int(digits) if len(digits) <= _LONGEST_INTEGER else float(digits),
        )
    except (UnicodeDecodeError, ValueError) as error:
        raise BadJsonError("it is not JSON in UTF-8") from error
    return value


def _require_bounded(content: bytes) -> None:
    """Count what will become values, outside strings, while all of it is still plain bytes."""
    without_escapes = content.replace(b"\\\\", b"").replace(b'\\"', b"")
    if without_escapes.count(b'"') > 4 * _MOST_VALUES:
        raise BadJsonError("it holds far more texts than a notebook does")
    bare = _STRING.sub(b"", without_escapes)
    if bare.count(b",") + bare.count(b"[") + bare.count(b"{") > _MOST_VALUES:
        raise BadJsonError("it holds far more values than a notebook does")
    depth = 0
    for bracket in _BRACKET.finditer(bare):
        depth += 1 if bracket[0] in b"[{" else -1
        if depth > _DEEPEST:
            raise BadJsonError("it is nested too deep")


def _without_twins(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise BadJsonError("a key is there twice in one object")
    return made

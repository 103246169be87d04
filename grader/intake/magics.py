"""Finds lines that only a notebook understands: ``%matplotlib inline``, ``!pip install``, ``x?``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

__all__ = ["magic_lines"]

# Strings and comments, left to right. Nothing is tried twice, whatever the text: repeats are possessive,
# and a string that does not end is one all the same, to the end of its line or of the text.
_STRING_OR_COMMENT: Final = re.compile(
    r"""
      \'\'\'(?:[^'\\]|\\.|'(?!''))*+(?:\'\'\'|\Z)
    | \"\"\"(?:[^"\\]|\\.|"(?!""))*+(?:\"\"\"|\Z)
    | '(?:[^'\\\n]|\\.)*+(?:'|(?=\n)|\Z)
    | "(?:[^"\\\n]|\\.)*+(?:"|(?=\n)|\Z)
    | \#[^\n]*+
    """,
    re.DOTALL | re.VERBOSE,
)
_MAGIC: Final = re.compile(r"\s*(?:[%!?]|[\w.,\s]+=\s*[%!])|[^\n]*\?\s*$")


def magic_lines(lines: Sequence[str]) -> list[int]:
    """The numbers, from 1, of the lines of a cell that only a notebook runs.

    A line that continues an expression is Python whatever it begins with: ``% 3)`` is a remainder.
    Nothing is compiled; text and comments are passed over.
    """
    bare = _STRING_OR_COMMENT.sub(_blank, "\n".join(lines)).split("\n")
    found, depth, continued = list[int](), 0, False
    for number, line in enumerate(bare, start=1):
        if depth == 0 and not continued and _MAGIC.match(line):
            found.append(number)  # its quotes and brackets are not Python's
            continue
        depth = max(0, depth + sum(map(line.count, "([{")) - sum(map(line.count, ")]}")))
        continued = line.endswith("\\")
    return found


def _blank(found: re.Match[str]) -> str:
    """As many lines as before, and something where there was text."""
    return ("" if found[0].startswith("#") else "0") + "\n" * found[0].count("\n")

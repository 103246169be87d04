"""How an example's code lies on the page, and how much there is to read in it."""

from __future__ import annotations

import io
import tokenize
from typing import Final

__all__ = ["WIDTH", "broken", "numbers_in"]

WIDTH: Final = 79
"""Of a line, in characters."""


def numbers_in(code: str) -> int:
    """How many numbers ``code`` has."""
    tokens = tokenize.generate_tokens(io.StringIO(code).readline)
    return sum(token.type == tokenize.NUMBER for token in tokens)


def broken(line: str) -> str:
    """A long line with the entries of its dict, or the rows of its arrays, below one another."""
    if len(line) <= WIDTH:
        return line
    if "({" in line and line.endswith("})"):
        start, inside = line[:-2].split("({", 1)
        entries = inside.replace(', "', ',\n    "')
        return f"{start}({{\n    {entries},\n}})"
    column = line.find("[[")
    return line if column < 0 else line.replace("], [", "],\n" + " " * (column + 1) + "[")

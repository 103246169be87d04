"""Which cell of a notebook a line came from.

Code taken out of a notebook starts each piece with a comment that says so. They are ordinary lines of
the file that is graded: what is shown, downloaded and run is one text, and no map can get lost.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Final

__all__ = ["NO_NOTEBOOK", "Places", "cell_heading"]

_HEADING: Final = re.compile(r"# gradecli: from cell (\d{1,5})(?:, line (\d{1,6}))?")


def cell_heading(cell: int, first_line: int = 1) -> str:
    """The comment above lines that start at ``first_line`` of a cell."""
    return f"# gradecli: from cell {cell}" + (f", line {first_line}" if first_line > 1 else "")


class Places:
    """Says where lines of a graded file are: in a cell of a notebook, if the file was made from one."""

    def __init__(self, source: str = "") -> None:
        # (line of the heading, cell, number of the first line after it)
        self._headings: list[tuple[int, int, int]] = []
        if not _HEADING.match(source):
            return
        for number, line in enumerate(re.split(r"\r\n|\r|\n", source), start=1):
            if found := _HEADING.fullmatch(line):
                self._headings.append((number, int(found[1]), int(found[2] or 1)))

    @property
    def whole(self) -> str:
        """What the lines are places in, where that is no file of its own."""
        return "your notebook" if self._headings else ""

    def of(self, line: int) -> str:
        """``"line 12"``, or ``"cell 7, line 3"`` of the notebook that the file was made from."""
        index = bisect_right(self._headings, line, key=lambda heading: heading[0]) - 1
        if index < 0:
            return f"line {line}"
        heading, cell, first = self._headings[index]
        return f"cell {cell}, line {max(first, first + line - heading - 1)}"


NO_NOTEBOOK: Final = Places()

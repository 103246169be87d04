"""Takes source code out of notebooks, without running any of it.

A code cell is handed in when it is tagged with a problem's name (``metadata.tags``), or where it
stands between marks, which are comments on lines of their own::

    # gradecli: conv2d
    def conv2d(x, w): ...
    # gradecli: end

``submit`` in place of a name is the problem that the notebook is named after, or the set's only one.
Formats 3 and 4 of Jupyter's notebooks are read; everything in one but code cells is passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from grader.errors import BadSubmissionError, TooLargeSubmissionError
from grader.intake.bounded_json import BadJsonError, Json, parse
from grader.intake.magics import magic_lines
from grader.intake.names import shown
from grader.intake.places import cell_heading

__all__ = ["may_concern", "sources_in"]

_MOST_CELLS: Final = 2_000
_MOST_CODE: Final = 2**20  # characters, in all code cells
_MARK: Final = re.compile(r"#\s*gradecli:(.*)")
_LINE_END: Final = re.compile(r"\r\n|\r|\n")  # what Python takes for one
_SUBMIT, _END = "submit", "end"


@dataclass(frozen=True, slots=True)
class _Cell:
    """A code cell; ``number`` counts all cells from 1."""

    number: int
    lines: tuple[str, ...]
    tags: frozenset[str]
    magics: tuple[int, ...]
    """Its lines that are not Python, by number."""


class _Piece(NamedTuple):
    """Lines of one cell that stand together; ``first`` is the number of the first of them there."""

    cell: _Cell
    first: int
    lines: tuple[str, ...]


def may_concern(name: str, content: bytes, problems: Sequence[str]) -> bool:
    """Whether a notebook found among other files could be meant: a cheap look, wrong only in its favour."""
    return _stem(name) in problems or b"gradecli:" in content or b'"tags"' in content


def sources_in(name: str, content: bytes, problems: Sequence[str]) -> dict[str, bytes]:
    """The source of each problem that the notebook hands in; none where it selects nothing.

    Each piece follows a comment that says which cell it is from; see :mod:`grader.intake.places`.

    Raises:
        BadSubmissionError: it cannot be read as a notebook, a mark or tag makes no sense, or a
            selected line is for notebooks only.
    """
    cells = tuple(_code_cells(name, content))
    selected = _Selection(name, problems)
    for cell in cells:
        selected.add(cell)
    return selected.finish()


class _Selection:
    """Goes through the cells in order, with the mark that is open, if any."""

    def __init__(self, name: str, problems: Sequence[str]) -> None:
        self._told = shown(name)
        self._problems = problems
        self._default = _stem(name) if _stem(name) in problems else None
        if len(problems) == 1:
            self._default = problems[0]
        self._pieces: dict[str, list[_Piece]] = {}
        self._open: tuple[str, ...] = ()
        self._opened = ""

    def add(self, cell: _Cell) -> None:
        tagged = tuple(problem for tag in sorted(cell.tags) for problem in self._tagged(tag, cell))
        for problem in tagged:
            self._take(problem, _Piece(cell, 1, cell.lines))
        first, lines = 1, list[str]()
        for number, line in enumerate(cell.lines, start=1):
            mark = _MARK.match(line)
            if mark is None:
                lines.append(line)
                continue
            self._take_marked(_Piece(cell, first, tuple(lines)), tagged)
            self._read_mark(mark[1].strip(), f"Cell {cell.number}, line {number} of {self._told}")
            first, lines = number + 1, []
        self._take_marked(_Piece(cell, first, tuple(lines)), tagged)

    def finish(self) -> dict[str, bytes]:
        if self._open:
            raise BadSubmissionError(
                f"{self._opened} begins {', '.join(self._open)} and nothing ends it: "
                "put the line `# gradecli: end` after your code."
            )
        return {problem: self._source(problem, pieces) for problem, pieces in self._pieces.items()}

    def _tagged(self, tag: str, cell: _Cell) -> Iterator[str]:
        if tag in self._problems:
            yield tag
        elif tag == _SUBMIT:
            yield self._resolved(tag, f"Cell {cell.number} of {self._told}")

    def _read_mark(self, text: str, where: str) -> None:
        names = tuple(dict.fromkeys(text.replace(",", " ").split()))
        if names == (_END,):
            if not self._open:
                raise BadSubmissionError(
                    f"{where} ends what nothing began: put the line `# gradecli: {self._problems[0]}`, "
                    "with the problem's name, before your code."
                )
            self._open = ()
            return
        if self._open:
            raise BadSubmissionError(
                f"{where} begins another problem before {', '.join(self._open)} has ended: "
                "put the line `# gradecli: end` before it."
            )
        if not names:
            raise BadSubmissionError(
                f"{where} names no problem: write one of {self._listed()} after the colon."
            )
        self._open = tuple(dict.fromkeys(self._resolved(name, where) for name in names))
        self._opened = where

    def _resolved(self, name: str, where: str) -> str:
        if name in self._problems:
            return name
        if name != _SUBMIT:
            raise BadSubmissionError(
                f"{where} names {shown(name)}, which is no problem of this set: "
                f"write one of {self._listed()}."
            )
        if self._default is None:
            raise BadSubmissionError(
                f"{where} says `submit`, but not for which problem: write the problem's name instead, "
                f"one of {self._listed()}."
            )
        return self._default

    def _take_marked(self, piece: _Piece, tagged: Sequence[str]) -> None:
        for problem in self._open:
            if problem not in tagged:  # then the whole cell is taken already
                self._take(problem, piece)

    def _take(self, problem: str, piece: _Piece) -> None:
        after = piece.first + len(piece.lines)
        magic = next((number for number in piece.cell.magics if piece.first <= number < after), None)
        if magic is not None:
            line = piece.cell.lines[magic - 1].strip()
            raise BadSubmissionError(
                f"Cell {piece.cell.number}, line {magic} of {self._told} is {shown(line)}, which only a "
                "notebook understands: delete it, or move it to a cell that you do not hand in."
            )
        pieces = self._pieces.setdefault(problem, [])
        if any(line.strip() for line in piece.lines):
            pieces.append(piece)

    def _source(self, problem: str, pieces: Sequence[_Piece]) -> bytes:
        if not pieces:
            raise BadSubmissionError(
                f"{self._told} marks a place for {problem} without any code in it: write your code between "
                "the marks, or remove them."
            )
        text = "\n".join(
            "\n".join((cell_heading(piece.cell.number, piece.first), *piece.lines, "")) for piece in pieces
        )
        try:
            return text.encode("utf-8")
        except UnicodeEncodeError as error:
            raise BadSubmissionError(
                f"{self._told} holds half of a character: write that line again and save the notebook."
            ) from error

    def _listed(self) -> str:
        return ", ".join(self._problems)


def _code_cells(name: str, content: bytes) -> Iterator[_Cell]:
    told = shown(name)
    try:
        notebook = parse(content)
    except BadJsonError as error:
        raise _unreadable(told, str(error)) from error
    if not isinstance(notebook, dict):
        raise _unreadable(told, "it is another kind of file")
    match notebook.get("nbformat"):
        case 4:
            cells, field = notebook.get("cells"), "source"
        case 3:
            sheets = _objects(notebook.get("worksheets"), told)
            cells, field = [cell for sheet in sheets for cell in _objects(sheet.get("cells"), told)], "input"
        case _:
            raise _unreadable(told, "its format is none that is known here (3 or 4)")
    listed = _objects(cells, told)
    if len(listed) > _MOST_CELLS:
        raise BadSubmissionError(
            f"{told} has {len(listed):,} cells: hand in a notebook with your own code only."
        )
    code = 0
    for number, cell in enumerate(listed, start=1):
        if cell.get("cell_type") == "code":
            metadata = cell.get("metadata")
            tags = metadata.get("tags") if isinstance(metadata, dict) else None
            named = frozenset(tag for tag in (tags if isinstance(tags, list) else ()) if isinstance(tag, str))
            text = _text(cell.get(field), told)
            code += len(text)
            if code > _MOST_CODE:
                raise TooLargeSubmissionError(
                    f"{told} holds more than {_MOST_CODE // 1024} KiB of code: move data out of its cells."
                )
            lines = _LINE_END.split(text)
            yield _Cell(number, tuple(lines), named, tuple(magic_lines(lines)))


def _objects(value: Json, told: str) -> list[dict[str, Json]]:
    if not isinstance(value, list):
        raise _unreadable(told, "it has no list of cells")
    objects = [item for item in value if isinstance(item, dict)]
    if len(objects) != len(value):
        raise _unreadable(told, "one of its cells is none")
    return objects


def _text(value: Json, told: str) -> str:
    parts = value if isinstance(value, list) else [value]
    texts = [part for part in parts if isinstance(part, str)]
    if len(texts) != len(parts):
        raise _unreadable(told, "the code of a cell is not text")
    return "".join(texts)


def _unreadable(told: str, why: str) -> BadSubmissionError:
    return BadSubmissionError(
        f"{told} cannot be read as a notebook because {why}: "
        "open it in Jupyter, save it, and hand it in again."
    )


def _stem(name: str) -> str:
    return name.rpartition(".")[0]

"""Everything the command line prints goes through here.

Text that comes from a server or a student may carry terminal control sequences (which can rewrite
what was printed before, or worse) and what looks like rich markup. :func:`clean` removes the first
and every function below applies it; none of them interprets markup. Colours, tables and live
lines are for a terminal: into a file or a pipe goes plain text, one fact a line, never cut.
"""

from __future__ import annotations

import json
import re
import sys
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from rich.console import Console
    from rich.status import Status
    from rich.text import Text

__all__ = [
    "LiveLine",
    "Styled",
    "clean",
    "complain",
    "live_line",
    "make_streams_forgiving",
    "note",
    "one_line",
    "progress_bar",
    "say",
    "say_hanging",
    "say_indented",
    "say_json",
    "table",
]

_LONGEST_TEXT = 100_000  # characters of one text; the rest is left out, and that is said

# ECMA-48: string commands (OSC, DCS, SOS, PM, APC) up to their terminator, CSI sequences, then
# any other escape; each in its 7-bit and its 8-bit form. One without an end swallows its line only.
_CONTROL_SEQUENCE = re.compile(
    r"(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)?"
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"
    r"|\x1b[ -/]*[0-~]?"
)
_JOINERS = "\u200c\u200d"  # invisible, but Persian, Hindi and emoji are misspelt without them


class Styled(NamedTuple):
    """Text with a rich style such as ``"bold red"``; the text itself is never markup."""

    text: str
    style: str


def clean(text: str) -> str:
    """``text`` without control sequences, control characters, or characters that reorder or hide.

    Line breaks and tabs stay. What looks like rich markup stays too, as the plain text it is:
    ``scores[mask]`` is Python.
    """
    if len(text) > _LONGEST_TEXT:
        text = text[:_LONGEST_TEXT] + f"\n... ({len(text) - _LONGEST_TEXT} more characters)"
    text = _CONTROL_SEQUENCE.sub("", text.replace("\r\n", "\n"))
    return "".join(character for character in text if _is_printable(character))


def _is_printable(character: str) -> bool:
    if character.isascii():
        return character in "\n\t" or " " <= character <= "~"
    if character in _JOINERS:
        return True
    # Controls, formats (bidirectional overrides, tags), surrogates, line and paragraph separators.
    return unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Zl", "Zp"}


def one_line(text: str) -> str:
    """``text`` cleaned and on one line: for names and titles, which must not forge lines of their own."""
    return " ".join(clean(text).split())


def make_streams_forgiving() -> None:
    """Let a console whose encoding lacks a character print ``?`` for it, instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)  # absent when a test replaced the stream
        if reconfigure is not None:
            reconfigure(errors="replace")


def say(*parts: str | Styled) -> None:
    """Print one line (or more) to standard output."""
    _print(_console(), parts)


def say_indented(text: str, columns: int, style: str = "") -> None:
    """Print a text of several lines to standard output, each ``columns`` to the right."""
    console = _console()
    if not console.is_terminal:
        for line in clean(text).splitlines():
            _print(console, [" " * columns + line])
        return
    from rich.padding import Padding

    console.print(Padding(_text([Styled(text, style)]), (0, 0, 0, columns)))


def say_hanging(lead: Sequence[str | Styled], text: str) -> None:
    """Print ``lead`` and then ``text``, whose further lines on a terminal start below its first."""
    console = _console()
    if not console.is_terminal:
        _print(console, [*lead, text])
        return
    from rich.table import Table

    grid = Table.grid()
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row(_text(lead), _text([text]))
    console.print(grid)


def note(*parts: str | Styled) -> None:
    """Print to standard error what is not the command's result: progress, advice, where a file went."""
    _print(_console(stderr=True), parts)


def complain(message: str) -> None:
    """Print why the command failed, to standard error."""
    note(Styled("Error: ", "bold red"), message)


def say_json(value: object) -> None:
    """Print ``value`` as JSON. Escaping makes it harmless to a terminal, and exact to a program."""
    sys.stdout.write(json.dumps(value, indent=2) + "\n")


def table(
    headers: Sequence[str], rows: Sequence[Sequence[str | Styled]], *, numbers: Sequence[int] = ()
) -> None:
    """Print a table. ``numbers`` are the columns aligned right. Cells are one line each."""
    console = _console()
    if not console.is_terminal:
        _plain_table(console, headers, rows, numbers)
        return
    from rich.table import Table
    from rich.text import Text

    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for index, header in enumerate(headers):
        made.add_column(Text(header), justify="right" if index in numbers else "left", overflow="fold")
    for row in rows:
        made.add_row(*(_text([_on_one_line(cell)]) for cell in row))
    console.print(made)


class LiveLine(Protocol):
    """A line that is rewritten as work goes on."""

    def show(self, text: str) -> None:
        """Show where the work is."""
        ...

    def show_in_passing(self, text: str) -> None:
        """The same, for small steps: left out where each would stay on a line of its own."""
        ...


@contextmanager
def live_line() -> Iterator[LiveLine]:
    """A line on standard error that follows work; where nothing can be rewritten, a line for each change."""
    console = _console(stderr=True)
    if not console.is_terminal:
        yield _LineByLine(console)
        return
    from rich.status import Status

    with Status("", console=console) as status:
        yield _Rewritten(status)


@contextmanager
def progress_bar() -> Iterator[Callable[[int, int, str], None]]:
    """A bar on standard error, told ``(done, of, what)``; where nothing can be rewritten, silence."""
    console = _console(stderr=True)
    if not console.is_terminal:
        yield lambda _done, _of, _what: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    what = TextColumn("{task.description}", markup=False)
    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), what)
    with Progress(*columns, console=console, transient=True) as bar:
        number = bar.add_task("", total=None)

        def show(done: int, of: int, told: str) -> None:
            bar.update(number, completed=done, total=of, description=one_line(told))

        yield show


class _LineByLine:
    def __init__(self, console: Console) -> None:
        self._console = console
        self._last = ""

    def show(self, text: str) -> None:
        if text != self._last:
            self._last = text
            _print(self._console, [one_line(text)])

    def show_in_passing(self, text: str) -> None:
        pass


class _Rewritten:
    def __init__(self, status: Status) -> None:
        self._status = status

    def show(self, text: str) -> None:
        self._status.update(_text([one_line(text)]))

    show_in_passing = show


def _console(*, stderr: bool = False) -> Console:
    from rich.console import Console

    # Made anew each time: it looks up the streams, the terminal and NO_COLOR as they are now.
    return Console(stderr=stderr, markup=False, emoji=False, highlight=False)


def _print(console: Console, parts: Sequence[str | Styled]) -> None:
    console.print(_text(parts), soft_wrap=not console.is_terminal)


def _text(parts: Sequence[str | Styled]) -> Text:
    from rich.text import Text

    made = Text()
    for part in parts:
        if isinstance(part, Styled):
            made.append(clean(part.text), style=part.style)
        else:
            made.append(clean(part))
    return made


def _on_one_line(cell: str | Styled) -> str | Styled:
    return Styled(one_line(cell.text), cell.style) if isinstance(cell, Styled) else one_line(cell)


def _plain_table(
    console: Console, headers: Sequence[str], rows: Sequence[Sequence[str | Styled]], numbers: Sequence[int]
) -> None:
    from rich.cells import cell_len

    lines = [list(headers)]
    lines += [[one_line(cell.text if isinstance(cell, Styled) else cell) for cell in row] for row in rows]
    widths = [max(cell_len(line[column]) for line in lines) for column in range(len(headers))]
    for line in lines:
        cells = []
        for column, cell in enumerate(line):
            gap = " " * (widths[column] - cell_len(cell))
            cells.append(gap + cell if column in numbers else cell + gap)
        _print(console, ["  ".join(cells).rstrip()])

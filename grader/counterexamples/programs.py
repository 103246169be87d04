"""Programs: requests that follow one another, with names for the objects they make instead of handles.

A program comes out of a trace of the *reference's*: what it asks was asked by a check, on inputs of its own.
It can be asked of any loaded file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from grader.authoring.comparison import as_array
from grader.counterexamples.values import is_array
from grader.tracing import Step
from sandbox import Session
from sandbox.errors import StudentExceptionError
from sandbox.wire.messages import Operation
from sandbox.wire.values import HandleRef

__all__ = [
    "MODULE",
    "SUPPORT",
    "Line",
    "Loaded",
    "Made",
    "Outcome",
    "Path",
    "Player",
    "Program",
    "key_of",
    "leaves",
    "part_of",
    "program_of",
    "rebuilt",
    "sliced",
]

Path = tuple[Any, ...]
"""Where something is in nested tuples, lists and dicts: positions and keys."""


@dataclass(frozen=True, slots=True)
class Made:
    """The object at ``path`` in what line ``line`` came to."""

    line: int
    path: Path = ()


MODULE: Final = Made(-1)
"""The loaded file itself."""
SUPPORT: Final = Made(-2)
"""The problem's ``support.py``, loaded beside it."""


@dataclass(frozen=True, slots=True)
class Line:
    """A request whose operands name objects by :class:`Made`."""

    operation: Operation
    operands: tuple[Any, ...]

    def makers(self) -> set[int]:
        """The lines whose objects it uses."""
        return {leaf.line for _, leaf in leaves(self.operands) if isinstance(leaf, Made) and leaf.line >= 0}


Program = tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a line came to: a value, or an exception."""

    value: Any
    error: StudentExceptionError | None = None


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """All that ``value`` is made of, with where it is."""
    if isinstance(value, tuple | list):
        for index, item in enumerate(value):
            yield from leaves(item, (*path, index))
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, (*path, key))
    else:
        yield path, value


def rebuilt(value: Any, change: Callable[[Path, Any], Any], path: Path = ()) -> Any:
    """``value`` with each of its leaves changed."""
    if isinstance(value, tuple | list):
        items = [rebuilt(item, change, (*path, index)) for index, item in enumerate(value)]
        return tuple(items) if isinstance(value, tuple) else items
    if isinstance(value, dict):
        return {key: rebuilt(item, change, (*path, key)) for key, item in value.items()}
    return change(path, value)


def part_of(value: Any, path: Path) -> Any:
    """What is at ``path`` in ``value``.

    Raises:
        LookupError: nothing is.
        TypeError: ``value`` is not nested like that.
    """
    for key in path:
        value = value[key]
    return value


class Loaded(NamedTuple):
    """The handles of a loaded file and of the support beside it."""

    module: HandleRef
    support: HandleRef | None


def program_of(steps: Sequence[Step], loaded: Loaded) -> Program:
    """The program whose trace ``steps`` is.

    Args:
        loaded: the file that was asked.

    Raises:
        LookupError: it uses an object that none of the steps made.
    """
    made = {loaded.module.id: MODULE}
    if loaded.support is not None:
        made[loaded.support.id] = SUPPORT

    def named(_path: Path, leaf: Any) -> Any:
        return made[leaf.id] if isinstance(leaf, HandleRef) else leaf

    program = []
    for number, step in enumerate(steps):
        program.append(Line(step.operation, rebuilt(step.operands, named)))
        for path, leaf in leaves(step.value):
            if isinstance(leaf, HandleRef):
                made.setdefault(leaf.id, Made(number, path))
    return tuple(program)


def key_of(program: Program) -> bytes:
    """Equal for programs that ask the same, in values of the same types and layouts in memory."""
    total = hashlib.sha256()
    for line in program:
        total.update(line.operation.encode())
        for part in leaves(line.operands):
            total.update(repr(_plain(*part)).encode())
    return total.digest()


def _plain(path: Path, leaf: Any) -> object:
    if not is_array(leaf):
        return path, type(leaf).__name__, leaf
    array = as_array(leaf)
    return path, type(leaf).__name__, str(leaf.dtype), array.shape, array.strides, array.tobytes()


def sliced(program: Program, target: int) -> Program:
    """The lines up to ``target`` that can have to do with it: they share objects, also through others."""
    relevant, kept = {target} | program[target].makers(), {target}
    grew = True
    while grew:
        grew = False
        for number in range(target):
            involved = {number} | program[number].makers()
            if number not in kept and involved & relevant:
                kept.add(number)
                relevant |= involved
                grew = True
    return without(program[: target + 1], set(range(target + 1)) - kept)


def without(program: Program, dropped: set[int]) -> Program:
    """The program without some lines, none of whose objects the others use."""
    kept = [number for number in range(len(program)) if number not in dropped]
    moved = {old: new for new, old in enumerate(kept)} | {made.line: made.line for made in (MODULE, SUPPORT)}

    def renamed(_path: Path, leaf: Any) -> Any:
        return Made(moved[leaf.line], leaf.path) if isinstance(leaf, Made) else leaf

    return tuple(
        Line(program[number].operation, rebuilt(program[number].operands, renamed)) for number in kept
    )


class Player:
    """Asks a loaded file what programs ask.

    Args:
        session: through which the file was loaded.
        loaded: its handles.
    """

    def __init__(self, session: Session, loaded: Loaded) -> None:
        self._session, self._loaded = session, loaded
        self._forgotten: set[int] = set()

    def play(self, program: Program) -> list[Outcome]:
        """What each line came to, as far as the first that raised.

        Raises:
            StudentCodeError: the file's guest did not survive it.
        """
        outcomes: list[Outcome] = []

        def resolved(_path: Path, leaf: Any) -> Any:
            if not isinstance(leaf, Made):
                return leaf
            if leaf.line >= 0:
                return part_of(outcomes[leaf.line].value, leaf.path)
            return self._loaded.module if leaf == MODULE else self._loaded.support

        for line in program:
            try:
                operands = rebuilt(line.operands, resolved)
            except (LookupError, TypeError):  # what was made is not nested like the reference's
                break
            forgotten, self._forgotten = self._forgotten, set()
            try:
                answer = self._session.request(line.operation, *operands, release=tuple(sorted(forgotten)))
            except StudentExceptionError as error:
                outcomes.append(Outcome(None, error))
                break
            outcomes.append(Outcome(answer.value))
        for outcome in outcomes:
            self._forgotten |= {leaf.id for _, leaf in leaves(outcome.value) if isinstance(leaf, HandleRef)}
        self._forgotten -= {handle.id for handle in self._loaded if handle is not None}
        return outcomes

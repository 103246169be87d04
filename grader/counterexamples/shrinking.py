"""Makes a failing program smaller: fewer lines, smaller arrays, numbers with fewer digits.

Each proposal is judged by what the reference and the student's code give for it. None is checked here for
making sense: it is dropped where the reference does not take it, or an accepted answer sees it otherwise.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np

from grader.authoring.comparison import as_array
from grader.counterexamples.plainer import is_distribution, plainer_arrays, rounded
from grader.counterexamples.programs import Line, Made, Path, Program, leaves, rebuilt, without
from grader.counterexamples.values import in_order, is_array, like, literal
from sandbox.wire.messages import Operation

__all__ = ["shrunk", "weight"]

_LINE: Final = 15
"""How many characters a line more is worth."""

_LISTED: Final = 2
_MANY: Final = 50
_NUMBER: Final = 8
"""Characters for each number of an array that has many."""

Try = Callable[[Program], Program | None]
"""What is left of a program that still goes wrong in the same way, or None."""


def shrunk(program: Program, tried: Try, most: int) -> Program:
    """The smallest program found in proposals of at most ``most`` lines together."""
    asked, before = 0, math.inf
    while weight(program) < before:
        before = weight(program)
        for propose in _PROPOSE:
            smaller = True
            while smaller:
                smaller = False
                now = weight(program)
                for proposal in propose(program):
                    if weight(proposal) >= now:
                        continue
                    if asked >= most:
                        return program
                    asked += len(proposal)
                    if (found := tried(proposal)) is not None:
                        program, smaller = found, True
                        break
    return program


def weight(program: Program) -> float:
    """How much there is to read."""
    return sum(_LINE + sum(_weight(leaf) for _, leaf in leaves(line.operands)) for line in program)


def _weight(leaf: Any) -> float:
    if isinstance(leaf, int) and not isinstance(leaf, bool):
        return len(str(leaf)) + min(abs(leaf), 1000) / 1000
    if isinstance(leaf, Made | str):
        return 1.0
    size = math.prod(leaf.shape) if is_array(leaf) else 0
    return size * _NUMBER if size > _MANY else len(literal(leaf)) + size


def _fewer_lines(program: Program) -> Iterator[Program]:
    """Without one line; an object that it made is replaced by one that it was made from."""
    last = len(program) - 1
    for number in reversed(range(last)):
        users = [line for line in program[number + 1 :] if number in line.makers()]
        if not users:
            yield without(program, {number})
            continue
        line = program[number]
        sources = {leaf for _, leaf in leaves(line.operands) if isinstance(leaf, Made) and leaf.line >= 0}
        for source in sorted(sources, key=lambda made: made.line):
            yield without(_replaced(program, Made(number), source), {number})


def _replaced(program: Program, old: Made, new: Made) -> Program:
    def change(_path: Path, leaf: Any) -> Any:
        return new if leaf == old else leaf

    return tuple(Line(line.operation, rebuilt(line.operands, change)) for line in program)


def _shorter_lists(program: Program) -> Iterator[Program]:
    """Without one item of a list among the arguments, or of all lists of that length."""
    lengths = sorted({len(found) for line in program for found in _lists(line.operands) if len(found) > 1})
    for length in reversed(lengths):
        for index in (length - 1, 0):
            yield tuple(Line(line.operation, _cut(line.operands, length, index)) for line in program)


def _lists(value: Any) -> Iterator[list[Any]]:
    if isinstance(value, list):
        yield value
    if isinstance(value, tuple | list):
        for item in value:
            yield from _lists(item)


def _cut(value: Any, length: int, index: int) -> Any:
    if isinstance(value, list) and len(value) == length:
        return [*value[:index], *value[index + 1 :]]
    if isinstance(value, tuple):
        return tuple(_cut(item, length, index) for item in value)
    return value


def _smaller_sizes(program: Program) -> Iterator[Program]:
    """All axes of one length made shorter, then of two; also with the integers that are as large."""
    arrays = [leaf for line in program for _, leaf in leaves(line.operands) if is_array(leaf)]
    lengths = sorted({size for array in arrays for size in array.shape if size > 1}, reverse=True)
    for length in lengths:
        for shorter in dict.fromkeys((1, length // 2, length - 1)):
            for integers in (False, True):
                yield _resized(program, {length: shorter}, integers=integers)
        yield _resized(program, {length: 1}, integers=False, last=True)
    for one, other in itertools.combinations(lengths, 2):
        for integers in (False, True):
            yield _resized(program, {one: one - 1, other: other - 1}, integers=integers)
            if one % 2 == 0 and other % 2 == 0:
                yield _resized(program, {one: one // 2, other: other // 2}, integers=integers)
    for three in itertools.combinations(lengths[:5], 3):
        yield _resized(program, {length: length - 1 for length in three}, integers=False)
    yield from _some_axes(program)


def _some_axes(program: Program) -> Iterator[Program]:
    """Axes of one length in some places only: those that come first in their arrays, or last, ..."""
    places = [
        (leaf.shape[axis], (number, path, axis), rank)
        for number, line in enumerate(program)
        for path, leaf in leaves(line.operands)
        if is_array(leaf)
        for axis in range(leaf.ndim)
        for rank in (axis, axis - leaf.ndim)
        if leaf.shape[axis] > 1
    ]
    groups: dict[tuple[int, int], set[Any]] = {}
    for length, place, rank in places:
        groups.setdefault((length, rank), set()).add(place)
    for (length, _rank), group in groups.items():
        if len(group) < len({place for other, place, _ in places if other == length}):
            for shorter, last in ((1, False), (1, True), (length - 1, False)):
                yield _cut_at(program, group, shorter, last=last)


def _cut_at(program: Program, places: set[Any], size: int, *, last: bool) -> Program:
    lines = []
    for number, line in enumerate(program):

        def change(path: Path, leaf: Any, number: int = number) -> Any:
            for axis in range(leaf.ndim if is_array(leaf) else 0):
                if (number, path, axis) in places:
                    leaf = _taken(leaf, axis, size, last=last)
            return leaf

        lines.append(Line(line.operation, rebuilt(line.operands, change)))
    return tuple(lines)


def _resized(program: Program, lengths: dict[int, int], *, integers: bool, last: bool = False) -> Program:
    def change(_path: Path, leaf: Any) -> Any:
        if is_array(leaf):
            for axis, size in enumerate(leaf.shape):
                leaf = _taken(leaf, axis, lengths.get(size, size), last=last)
        elif integers and type(leaf) is int:
            return lengths.get(leaf, leaf)
        return leaf

    return tuple(Line(line.operation, rebuilt(line.operands, change)) for line in program)


def _taken(array: Any, axis: int, size: int, *, last: bool = False) -> Any:
    """The first ``size`` along an axis, or the last; what sums to one along the last axis still does."""
    length = array.shape[axis]
    if length <= size:
        return array
    numbers = as_array(array)
    cut = np.take(numbers, range(length - size, length) if last else range(size), axis=axis)
    if axis == numbers.ndim - 1 and is_distribution(numbers) and (cut.sum(axis=-1) > 0).all():
        cut = cut / cut.sum(axis=-1, keepdims=True)
    return like(array, cut)


def _single_precision(program: Program) -> Iterator[Program]:
    """Tensors of torch's usual dtype, and no module made ``double``."""
    doubles = {number for number, line in enumerate(program) if _makes_double(line)}
    doubles.discard(len(program) - 1)

    def change(_path: Path, leaf: Any) -> Any:
        return leaf.float() if is_array(leaf) and str(leaf.dtype) == "torch.float64" else leaf

    single = tuple(Line(line.operation, rebuilt(line.operands, change)) for line in program)
    for number in sorted(doubles):
        single = _replaced(single, Made(number), single[number].operands[0])
    yield without(single, doubles)


def _makes_double(line: Line) -> bool:
    return line.operation is Operation.CALL and line.operands[1] == "double" and bool(line.makers())


def _rounded_together(program: Program) -> Iterator[Program]:
    """All arrays with few digits."""
    for digits in (0, 1, 2):

        def change(_path: Path, leaf: Any, digits: int = digits) -> Any:
            return rounded(leaf, digits) if is_array(leaf) else leaf

        yield tuple(Line(line.operation, rebuilt(line.operands, change)) for line in program)


def _plainer_numbers(program: Program) -> Iterator[Program]:
    """One array or number at a time."""
    for number, line in enumerate(program):
        for path, leaf in leaves(line.operands):
            for plainer in _plainer(line, path, leaf):
                yield _changed(program, number, path, plainer)


def _plainer(line: Line, path: Path, leaf: Any) -> Iterator[Any]:
    if is_array(leaf):
        yield in_order(leaf)
        yield from plainer_arrays(leaf)
    elif isinstance(leaf, float) and np.isfinite(leaf):  # also NumPy's
        yield from (float(f"{leaf:.{digits}g}") for digits in (1, 2))
        yield float(leaf)
    elif type(leaf) is int and line.operation is Operation.CALL and path[0] >= 2 and leaf > 1:
        yield from dict.fromkeys((1, 2, 3, leaf // 2, leaf - 1))


def _changed(program: Program, number: int, at: Path, new: Any) -> Program:
    line = program[number]
    operands = rebuilt(line.operands, lambda path, leaf: new if path == at else leaf)
    return (*program[:number], Line(line.operation, operands), *program[number + 1 :])


_PROPOSE: Final = (
    _fewer_lines, _single_precision, _shorter_lists, _smaller_sizes, _rounded_together, _plainer_numbers
)  # fmt: skip

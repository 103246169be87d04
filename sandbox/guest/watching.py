"""Counts the calls in the student's file of what the host names, under whatever alias they are made.

The file's own calls are compiled with a look at what is being called: ``f(x)`` becomes ``look(f)(x)``. So
only calls that stand in the file count, not those that a library makes inside, and nothing that the file
can see of a library is changed: classes stay classes. It costs a short call for each of them where
something is watched, and nothing elsewhere. A file that works against this loses nothing but a flag.

Not seen: a call made by somebody else on the file's behalf (``map(alias, x)``), or in a text that the
file executes.
"""

from __future__ import annotations

import ast
import builtins
import functools
import sys
import types
import warnings
from collections.abc import Iterable
from typing import Any, Final, TypeVar

__all__ = ["Watch"]

_LOOK: Final = "__look__"
_bases = type.__dict__["__mro__"].__get__  # asks nothing of a student's metaclass
_T = TypeVar("_T")


class Watch:
    """Finds calls of named functions and classes, and of what belongs to them."""

    def __init__(self) -> None:
        self._named: dict[
            int, tuple[str, object]
        ] = {}  # by id; the object is kept for its id to stay its own
        self._classes = False
        self._counts: dict[str, int] = {}

    def begin(self, names: Iterable[str]) -> None:
        """Watch these dotted names, as far as the libraries that are loaded now have them."""
        for name in names:
            for found in _members(name):
                self._named.setdefault(id(found), (name, found))
                self._classes |= isinstance(found, type)
        setattr(builtins, _LOOK, self._look)  # where the file's functions find it whatever their globals are

    def take(self) -> dict[str, int]:
        """How often each name was called since the last time; only those that were."""
        counts, self._counts = self._counts, {}
        return counts

    def compiled(self, source: str, path: str) -> types.CodeType:
        """A file's code, whose calls are looked at if anything is watched.

        Raises:
            SyntaxError: it is not Python, or whatever else compiling it raises.
        """
        code = compile(source, path, "exec", dont_inherit=True)
        if not self._named:
            return code
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # they have been given once, above
                tree = ast.fix_missing_locations(_Looking().visit(ast.parse(source, path)))
                return compile(tree, path, "exec", dont_inherit=True)
        except (RecursionError, MemoryError):  # too deep for this, though not for Python: it runs unwatched
            return code

    def _look(self, called: _T) -> _T:
        """What is about to be called, unchanged."""
        name = self._name_of(called)
        if name is not None:
            self._counts[name] = self._counts.get(name, 0) + 1
        return called

    def _name_of(self, called: Any) -> str | None:
        """The name behind what is called, found without running anything that the student wrote."""
        kind = type(called)
        if kind is functools.partial:
            called = called.func
        elif id(called) not in self._named and (kind is types.MethodType or kind is types.BuiltinMethodType):
            called = called.__self__
        known = self._named.get(id(called))
        if known is None and self._classes:  # a class made from a watched one, or an object of such
            kind = type(called)
            for base in _bases(called if issubclass(kind, type) else kind):
                known = known or self._named.get(id(base))
        return None if known is None else known[0]


class _Looking(ast.NodeTransformer):
    """Puts a look around whatever a file calls, in the same line."""

    def visit_Call(self, node: ast.Call) -> ast.Call:
        self.generic_visit(node)
        look = ast.Name(_LOOK, ast.Load())
        node.func = ast.copy_location(ast.Call(look, [node.func], []), node.func)
        return node


def _members(name: str) -> list[object]:
    """The function or class of that name; of a module, the functions and classes that are its own."""
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        found: Any = sys.modules.get(".".join(parts[:end]))
        if found is None:
            continue
        for part in parts[end:]:
            found = getattr(found, part, None)
        if not isinstance(found, types.ModuleType):
            return [found] if callable(found) else []
        own = f"{found.__name__}."
        return [
            item
            for item in vars(found).values()
            if callable(item) and f"{getattr(item, '__module__', '')}.".startswith(own)
        ]
    return []

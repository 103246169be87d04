"""Finds calls that a problem forbids, by reading the file. Advice with line numbers, not a boundary.

The strongest form of "you may not call it" is a runtime that does not contain it; this is for what a
runtime has to contain (torch has ``nn.MultiheadAttention``).
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

__all__ = ["ForbiddenUse", "find_forbidden"]


@dataclass(frozen=True, slots=True)
class ForbiddenUse:
    """A use of a forbidden name, or of something below it: that name, and the line it stands in."""

    name: str
    line: int


def find_forbidden(source: str, forbidden: tuple[str, ...]) -> tuple[ForbiddenUse, ...]:
    """Uses of the dotted names ``forbidden``, and of anything below them, in order of lines.

    Names are followed through ``import``, ``from ... import ... as``, ``from ... import *``, plain
    assignments and ``getattr`` with a literal name. A name that the file defines itself is the
    student's own, whatever a ``*`` brought in. A file that does not parse has none: loading it will
    say so.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "\d" in a text: the student's to hear about, not ours
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    found = {
        ForbiddenUse(name, line)
        for full, line in _Names(tree, forbidden).uses()
        for name in forbidden
        if full == name or full.startswith(f"{name}.")
    }
    return tuple(sorted(found, key=lambda use: (use.line, use.name)))


class _Use(NamedTuple):
    """What a name stands for, and the line it is used in."""

    full: str
    line: int


class _Names:
    """What each name in a file stands for, as far as its imports and assignments tell."""

    def __init__(self, tree: ast.AST, forbidden: tuple[str, ...]) -> None:
        self._nodes = list(ast.walk(tree))
        self._meaning: dict[str, str] = {}
        own = self._defined_here()
        for node in self._nodes:
            if isinstance(node, ast.Import):
                for alias in node.names:
                    first = alias.name.split(".")[0]
                    self._meaning[alias.asname or first] = alias.name if alias.asname else first
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                for alias in node.names:
                    if alias.name == "*":
                        self._import_all(node.module, forbidden, own)
                    else:
                        self._meaning[alias.asname or alias.name] = f"{node.module}.{alias.name}"
        for node in self._nodes:
            for target, value in _assignments(node):
                if full := self._full_name(value):
                    self._meaning.setdefault(target, full)

    def uses(self) -> Iterator[_Use]:
        """Every imported, read or called name with what it stands for."""
        for node in self._nodes:
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield _Use(alias.name, alias.lineno)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                for alias in node.names:
                    yield _Use(f"{node.module}.{alias.name}", alias.lineno)
            elif isinstance(node, ast.Attribute | ast.Name | ast.Call) and (full := self._full_name(node)):
                yield _Use(full, node.lineno)

    def _defined_here(self) -> set[str]:
        """Names of the file's own functions, classes, variables and arguments."""
        names = set()
        for node in self._nodes:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                names.add(node.name)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                names.add(node.id)
            elif isinstance(node, ast.arg):
                names.add(node.arg)
        return names

    def _import_all(self, module: str, forbidden: tuple[str, ...], own: set[str]) -> None:
        """``from module import *``: of what it brings in, only what may be forbidden matters."""
        for name in forbidden:
            if name.startswith(f"{module}."):
                first = name.removeprefix(f"{module}.").split(".")[0]
                if first not in own:
                    self._meaning.setdefault(first, f"{module}.{first}")

    def _full_name(self, node: ast.AST) -> str | None:
        """The dotted name of an expression made of names, attributes and ``getattr``, or None."""
        parts: list[str] = []
        while True:
            if isinstance(node, ast.Attribute):
                parts.append(node.attr)
                node = node.value
            elif isinstance(node, ast.Call) and (name := _literal_getattr(node)) is not None:
                parts.append(name)
                node = node.args[0]
            else:
                break
        if not isinstance(node, ast.Name) or node.id not in self._meaning:
            return None
        return ".".join([self._meaning[node.id], *reversed(parts)])


def _assignments(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """The names that a statement or ``:=`` binds to one expression, each with that expression."""
    match node:
        case ast.Assign(targets=targets, value=value):
            yield from ((target.id, value) for target in targets if isinstance(target, ast.Name))
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
            yield name, value
        case ast.NamedExpr(target=ast.Name(id=name), value=value):
            yield name, value


def _literal_getattr(node: ast.Call) -> str | None:
    """The name in ``getattr(owner, "name")``, or None for any other call."""
    match node:
        case ast.Call(func=ast.Name(id="getattr"), args=[_, ast.Constant(value=str() as name), *_]):
            return name
    return None

"""Finds calls that a problem forbids, by reading the file. Advice with line numbers, not a boundary.

The strongest form of "you may not call it" is a runtime that does not contain it; this is for what a
runtime has to contain (torch has ``nn.MultiheadAttention``).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["ForbiddenUse", "find_forbidden"]


@dataclass(frozen=True, slots=True)
class ForbiddenUse:
    """A use of a forbidden name: its full dotted name, and the line it stands in."""

    name: str
    line: int


def find_forbidden(source: str, forbidden: tuple[str, ...]) -> tuple[ForbiddenUse, ...]:
    """Uses of the dotted names ``forbidden`` in ``source``, in order of lines.

    Names are followed through ``import``, ``from ... import ... as`` and plain assignments. A file that
    does not parse has none: loading it will say so.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    names = _Names(tree)
    found = {
        ForbiddenUse(full, node.lineno)
        for node, full in names.uses()
        if any(full == name or full.startswith(f"{name}.") for name in forbidden)
    }
    return tuple(sorted(found, key=lambda use: (use.line, use.name)))


class _Names:
    """What each name in a file stands for, as far as its imports and assignments tell."""

    def __init__(self, tree: ast.AST) -> None:
        self._nodes = list(ast.walk(tree))
        self._meaning: dict[str, str] = {}
        for node in self._nodes:
            if isinstance(node, ast.Import):
                for alias in node.names:
                    first = alias.name.split(".")[0]
                    self._meaning[alias.asname or first] = alias.name if alias.asname else first
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                for alias in node.names:
                    self._meaning[alias.asname or alias.name] = f"{node.module}.{alias.name}"
        for node in self._nodes:
            if isinstance(node, ast.Assign) and (full := self._full_name(node.value)):
                for target in node.targets:
                    if isinstance(target, ast.Name):
                        self._meaning.setdefault(target.id, full)

    def uses(self) -> Iterator[tuple[ast.expr | ast.alias, str]]:
        """Every imported, read or called name with what it stands for."""
        for node in self._nodes:
            if isinstance(node, ast.Attribute | ast.Name) and (full := self._full_name(node)):
                yield node, full
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                for alias in node.names:
                    yield alias, f"{node.module}.{alias.name}"
            elif isinstance(node, ast.Call) and (full := self._getattr(node)):
                yield node, full

    def _full_name(self, node: ast.AST) -> str | None:
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name) or node.id not in self._meaning:
            return None
        return ".".join([self._meaning[node.id], *reversed(parts)])

    def _getattr(self, node: ast.Call) -> str | None:
        """``getattr(torch.nn, "MultiheadAttention")`` with a literal name."""
        if not (isinstance(node.func, ast.Name) and node.func.id == "getattr" and len(node.args) >= 2):
            return None
        owner, attribute = self._full_name(node.args[0]), node.args[1]
        if owner and isinstance(attribute, ast.Constant) and isinstance(attribute.value, str):
            return f"{owner}.{attribute.value}"
        return None

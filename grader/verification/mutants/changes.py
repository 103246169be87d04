"""Makes mutants of a solution: copies of its code with one small change each, always the same ones."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from grader.verification.mutants.operators import replacements

__all__ = ["Mutant", "mutants_of"]

_LONGEST: Final = 80
_GIVEN: Final = ("annotation", "returns", "decorator_list", "bases", "defaults", "kw_defaults")
"""Fields of code that the starter gives: nobody gets them wrong."""
_SMALL: Final = (ast.Constant, ast.keyword, ast.Slice, ast.Tuple, ast.expr_context, ast.operator)
"""Code that says nothing alone: it is shown with what is around it."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A changed solution.

    ``key`` names the change by the code around it, not by its line, so that it lasts while other code
    changes: ``softmax: np.exp(z) / total -> np.exp(z) * total``. ``operator`` is its kind.
    """

    key: str
    operator: str
    line: int
    source: str


class _Place(NamedTuple):
    """A node of the code, where it hangs, in which function, and the piece of code that tells it apart."""

    parent: ast.AST
    field: str
    position: int | None
    node: ast.AST
    scope: str
    shown: ast.AST


def mutants_of(source: str) -> tuple[Mutant, ...]:
    """Every mutant of a solution, in the order of its lines. No two have the same code."""
    tree = ast.parse(source)
    seen, keys, found = {ast.unparse(tree)}, dict[str, int](), []
    for place in list(_places(tree, "", tree)):
        before = ast.unparse(place.shown)
        for operator, new in replacements(place.node):
            _put(place, new)
            text = ast.unparse(ast.fix_missing_locations(tree))
            after = ast.unparse(new if place.shown is place.node else place.shown)
            _put(place, place.node)
            if text in seen:
                continue
            seen.add(text)
            key = f"{place.scope or 'module'}: {_short(before)} -> {_short(after)}"
            keys[key] = keys.get(key, 0) + 1
            if keys[key] > 1:
                key = f"{key} ({keys[key]})"
            found.append(Mutant(key, operator, getattr(place.node, "lineno", 0), text))
    return tuple(sorted(found, key=lambda mutant: mutant.line))


def _places(node: ast.AST, scope: str, shown: ast.AST) -> Iterator[_Place]:
    for field, value in ast.iter_fields(node):
        if field in _GIVEN:
            continue
        children: list[tuple[int | None, Any]] = (
            list(enumerate(value)) if isinstance(value, list) else [(None, value)]
        )
        for index, child in children:
            if not isinstance(child, ast.AST) or _is_left_alone(child):
                continue
            inner = scope
            if isinstance(child, ast.FunctionDef | ast.ClassDef):
                inner = f"{scope}.{child.name}" if scope else child.name
            telling = shown if _is_small(child) and isinstance(shown, ast.expr | ast.stmt) else child
            yield _Place(node, field, index, child, inner, telling)
            yield from _places(child, inner, telling)


def _is_small(node: ast.AST) -> bool:
    negative = isinstance(node, ast.UnaryOp) and isinstance(node.operand, ast.Constant)
    return negative or isinstance(node, _SMALL)


def _is_left_alone(node: ast.AST) -> bool:
    """Imports, texts, and what is raised: no mistake about the subject."""
    text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return text or isinstance(node, ast.Import | ast.ImportFrom | ast.Raise | ast.Assert | ast.JoinedStr)


def _put(place: _Place, node: ast.AST) -> None:
    if place.position is None:
        setattr(place.parent, place.field, node)
    else:
        getattr(place.parent, place.field)[place.position] = node


def _short(code: str) -> str:
    code = " ".join(code.split())
    return code if len(code) <= _LONGEST else f"{code[: _LONGEST - 3]}..."

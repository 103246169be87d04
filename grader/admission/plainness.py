"""Whether a file can do nothing but calculate: every name in it is one that answers of the package use, or
one of a short list. It is a list of what is allowed, so what nobody thought of is refused."""

from __future__ import annotations

import ast
import builtins
import importlib
from collections.abc import Iterable, Iterator

from grader.admission.words import ATTRIBUTES, BUILTINS, MODULES, NEVER, NEVER_SET, SPECIAL_METHODS
from grader.errors import GraderError
from sandbox import Runtime

__all__ = ["NotPlainError", "names_in", "require_plain"]


class NotPlainError(GraderError):
    """A file uses what is not known to be harmless. ``lines`` says what, and where."""

    def __init__(self, lines: tuple[str, ...]) -> None:
        super().__init__("; ".join(lines))
        self.lines = lines


def require_plain(tree: ast.Module, runtime: Runtime, known: Iterable[str] = ()) -> None:
    """Accept a file all of whose names are harmless.

    A name that the file defines itself is, unless something that it could get hold of has one too: then
    the definition might be there to have the other allowed.

    Args:
        runtime: the problem's: it says which libraries there are.
        known: attributes that answers of the package use (:func:`names_in`).

    Raises:
        NotPlainError: some are not.
    """
    own = frozenset(name for name in _defined(tree) if not name.startswith("__"))
    plain = {name for name in known if not name.startswith("__")} - NEVER
    attributes = ATTRIBUTES | SPECIAL_METHODS | plain | (own - _taken(runtime))
    names = BUILTINS | SPECIAL_METHODS | (own - frozenset(dir(builtins)))
    modules = frozenset(name for name in MODULES if runtime is not Runtime.NUMPY or "torch" not in name)
    if found := tuple(dict.fromkeys(_strange(tree, attributes, names, modules))):
        raise NotPlainError(found)


def _taken(runtime: Runtime) -> frozenset[str]:
    """Every attribute of what a file could get hold of: libraries, their classes, Python's own types."""
    names = ["builtins", "types", *(name for name in MODULES if name != "support")]
    if runtime is Runtime.NUMPY:
        names = [name for name in names if "torch" not in name]
    found: set[str] = set()
    for module in map(importlib.import_module, names):
        for name, value in vars(module).items():
            found.add(name)
            if isinstance(value, type):
                found.update(dir(value))
    return frozenset(found)


def names_in(tree: ast.AST) -> frozenset[str]:
    """The attributes that a file uses."""
    return frozenset(node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute))


def _strange(
    tree: ast.Module, attributes: frozenset[str], names: frozenset[str], modules: frozenset[str]
) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Import() | ast.ImportFrom():
                yield from (
                    f"line {node.lineno} imports {name}" for name in _imports(node, attributes, modules)
                )
            case ast.Attribute(attr=name, ctx=context):
                if name not in attributes or (name in NEVER_SET and not isinstance(context, ast.Load)):
                    yield f"line {node.lineno} uses .{name}"
            case ast.Name(id=name) if name not in names:
                yield f"line {node.lineno} uses {name}"
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                if name.startswith("__") and name not in SPECIAL_METHODS:
                    yield f"line {node.lineno} defines {name}"
            case ast.AsyncFunctionDef() | ast.Await() | ast.Global() | ast.Nonlocal():
                yield f"line {node.lineno} uses {type(node).__name__}"
            case _:
                pass


def _imports(
    node: ast.Import | ast.ImportFrom, attributes: frozenset[str], modules: frozenset[str]
) -> Iterator[str]:
    """What is imported and may not be."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names if alias.name not in modules)
    elif node.level or node.module not in modules:
        yield f"from {node.module or 'a package'}"
    elif node.module not in ("__future__", "typing", "support"):
        whole = {alias.name: f"{node.module}.{alias.name}" for alias in node.names}
        yield from (name for name in whole if name not in attributes and whole[name] not in modules)


def _defined(tree: ast.AST) -> Iterator[str]:
    """Every name that the file itself gives a meaning to."""
    for node in ast.walk(tree):
        yield from _bound_by(node)


def _bound_by(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Name(id=name, ctx=ast.Store()):
            yield name
        case ast.Attribute(attr=name, ctx=ast.Store(), value=ast.Name(id="self")):
            yield name
        case ast.arg(arg=name):
            yield name
        case ast.alias(name=name, asname=asname):
            yield asname or name.split(".")[0]
        case ast.ExceptHandler(name=str(name)):
            yield name
        case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            yield name
        case _:
            pass

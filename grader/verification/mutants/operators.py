"""The changes that make mutants: the slips of a student, by kind."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

__all__ = ["Replacement", "replacements"]

_ARITHMETIC: Final[dict[type[ast.operator], tuple[type[ast.operator], ...]]] = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div,),
    ast.Div: (ast.Mult,),
    ast.Pow: (ast.Mult,),
    ast.FloorDiv: (ast.Div,),
    ast.Mod: (ast.FloorDiv,),
}
_COMPARISONS: Final[dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_REDUCTIONS: Final = {
    "sum": "mean",
    "mean": "sum",
    "max": "min",
    "min": "max",
    "amax": "amin",
    "amin": "amax",
    "argmax": "argmin",
    "argmin": "argmax",
    "maximum": "minimum",
    "minimum": "maximum",
    "prod": "sum",
    "any": "all",
    "all": "any",
    "floor": "ceil",
    "ceil": "floor",
    "sin": "cos",
    "cos": "sin",
    "triu": "tril",
    "tril": "triu",
    "zeros": "ones",
    "ones": "zeros",
    "zeros_like": "ones_like",
    "ones_like": "zeros_like",
}
_TRANSPOSITIONS: Final = ("transpose", "swapaxes", "permute", "movedim", "moveaxis", "flip", "rot90", "roll")
_COPIES: Final = ("copy", "clone", "detach", "contiguous")
_UNARY: Final = (
    "sqrt",
    "exp",
    "log",
    "abs",
    "tanh",
    "square",
    "log1p",
    "expm1",
    "softmax",
    "reversed",
    "flip",
)
_AXES: Final = ("axis", "dim", "dims", "axes")


class Replacement(NamedTuple):
    """A kind of slip, and the code that it leaves."""

    operator: str
    node: ast.AST


def replacements(node: ast.AST) -> Iterator[Replacement]:
    """What ``node`` may have been written as by mistake."""
    found = _SLIPS.get(type(node))
    return iter(()) if found is None else found(node)


def _unary(node: ast.UnaryOp) -> Iterator[Replacement]:
    if isinstance(node.op, ast.USub) and not isinstance(node.operand, ast.Constant):
        yield Replacement("sign", node.operand)
    elif isinstance(node.op, ast.Not | ast.Invert):
        yield Replacement("comparison", node.operand)


def _constant(node: ast.Constant) -> Iterator[Replacement]:
    match node.value:
        case bool(value):
            yield Replacement("constant", ast.Constant(not value))
        case int(value):
            yield Replacement("off by one", ast.Constant(value + 1))
            yield Replacement("off by one", _number(value - 1))
        case float(value):
            yield Replacement("constant", ast.Constant(2 * value if value else 1.0))
            if value == 1.0:
                yield Replacement("constant", ast.Constant(0.0))


def _compare(node: ast.Compare) -> Iterator[Replacement]:
    if len(node.ops) == 1:
        for kind in _COMPARISONS.get(type(node.ops[0]), ()):
            yield Replacement("comparison", ast.Compare(node.left, [kind()], node.comparators))


def _boolean(node: ast.BoolOp) -> Iterator[Replacement]:
    other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
    yield Replacement("comparison", ast.BoolOp(other, node.values))


def _choice(node: ast.IfExp) -> Iterator[Replacement]:
    yield Replacement("swapped argument", ast.IfExp(node.test, node.orelse, node.body))


def _attribute(node: ast.Attribute) -> Iterator[Replacement]:
    if node.attr in ("T", "mT"):
        yield Replacement("transposition", node.value)
    elif node.attr in _REDUCTIONS:
        yield Replacement("reduction", ast.Attribute(node.value, _REDUCTIONS[node.attr], node.ctx))


def _keyword(node: ast.keyword) -> Iterator[Replacement]:
    if node.arg in _AXES:
        for axis in _other_axes(node.value):
            yield Replacement("axis", ast.keyword(node.arg, axis))


def _slice(node: ast.Slice) -> Iterator[Replacement]:
    plain = (ast.Constant, ast.UnaryOp)  # those change by themselves
    if node.upper is not None and not isinstance(node.upper, plain):
        yield Replacement("off by one", ast.Slice(node.lower, _less_one(node.upper), node.step))
    if node.lower is not None and not isinstance(node.lower, plain):
        yield Replacement("off by one", ast.Slice(_less_one(node.lower), node.upper, node.step))


def _augmented(node: ast.AugAssign) -> Iterator[Replacement]:
    yield Replacement("dropped term", ast.Assign([node.target], node.value, lineno=node.lineno))
    for kind in _ARITHMETIC.get(type(node.op), ()):
        yield Replacement("arithmetic", ast.AugAssign(node.target, kind(), node.value))
    yield Replacement("dropped term", ast.Pass())


def _statement(node: ast.stmt) -> Iterator[Replacement]:
    if not isinstance(node, ast.Expr) or isinstance(node.value, ast.Call):
        yield Replacement("dropped term", ast.Pass())


def _return(node: ast.Return) -> Iterator[Replacement]:
    match node.value:
        case ast.Name() | ast.BinOp() | ast.Call() as value:
            yield Replacement("sign", ast.Return(ast.UnaryOp(ast.USub(), value)))
        case ast.Tuple(elts=[first, second, *rest]):
            yield Replacement("swapped argument", ast.Return(ast.Tuple([second, first, *rest], ast.Load())))


def _binary(node: ast.BinOp) -> Iterator[Replacement]:
    left, op, right = node.left, node.op, node.right
    for kind in _ARITHMETIC.get(type(op), ()):
        yield Replacement("arithmetic", ast.BinOp(left, kind(), right))
    if isinstance(op, ast.Sub | ast.Div | ast.MatMult | ast.FloorDiv):
        yield Replacement("swapped argument", ast.BinOp(right, op, left))
    if isinstance(op, ast.Add | ast.Sub | ast.Mult | ast.Div | ast.Pow):
        yield Replacement("dropped term", left)
    if isinstance(op, ast.Add | ast.Mult):
        yield Replacement("dropped term", right)
    if isinstance(op, ast.BitAnd | ast.BitOr):
        other = ast.BitOr() if isinstance(op, ast.BitAnd) else ast.BitAnd()
        yield Replacement("comparison", ast.BinOp(left, other, right))


def _call(node: ast.Call) -> Iterator[Replacement]:
    args, name = node.args, _called(node)
    plain = not any(isinstance(arg, ast.Starred) for arg in args)
    if plain and len(args) >= 2 and name not in ("isinstance", "getattr", "setattr"):
        start = 1 if name == "where" and len(args) == 3 else 0
        swapped = [*args[:start], args[start + 1], args[start], *args[start + 2 :]]
        yield Replacement("swapped argument", ast.Call(node.func, swapped, node.keywords))
    if plain and name == "range":
        last = len(args) - 1 if len(args) < 3 else 1
        shorter = [*args[:last], _less_one(args[last]), *args[last + 1 :]]
        yield Replacement("off by one", ast.Call(node.func, shorter, []))
    if isinstance(node.func, ast.Attribute) and name in (*_TRANSPOSITIONS, *_COPIES):
        kind = "transposition" if name in _TRANSPOSITIONS else "dropped term"
        module = isinstance(node.func.value, ast.Name) and node.func.value.id in ("np", "numpy", "torch")
        if not module:
            yield Replacement(kind, node.func.value)
        elif args:
            yield Replacement(kind, args[0])
    if name in _UNARY and len(args) == 1 and plain:
        yield Replacement("dropped term", args[0])
    if isinstance(node.func, ast.Name) and node.func.id in ("min", "max", "sum", "any", "all"):
        other = {"min": "max", "max": "min", "sum": "max", "any": "all", "all": "any"}[node.func.id]
        yield Replacement("reduction", ast.Call(ast.Name(other, ast.Load()), args, node.keywords))
    for index, keyword in enumerate(node.keywords):
        if keyword.arg is not None:
            fewer = [*node.keywords[:index], *node.keywords[index + 1 :]]
            yield Replacement("dropped term", ast.Call(node.func, args, fewer))


def _called(node: ast.Call) -> str:
    match node.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _other_axes(value: ast.expr) -> Iterator[ast.expr]:
    match value:
        case ast.Constant(value=int(axis)):
            yield _number(0 if axis else -1)
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(axis))):
            yield _number(0)
            yield _number(-2 if axis == 1 else -1)
        case ast.Tuple(elts=[first, *rest]) if rest:
            yield ast.Tuple(rest, ast.Load()) if len(rest) > 1 else rest[0]
            yield first


def _less_one(value: ast.expr) -> ast.expr:
    return ast.BinOp(value, ast.Sub(), ast.Constant(1))


def _number(value: int) -> ast.expr:
    return ast.Constant(value) if value >= 0 else ast.UnaryOp(ast.USub(), ast.Constant(-value))


_SLIPS: Final[dict[type[ast.AST], Callable[[Any], Iterator[Replacement]]]] = {
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.Constant: _constant,
    ast.Compare: _compare,
    ast.BoolOp: _boolean,
    ast.IfExp: _choice,
    ast.Call: _call,
    ast.Attribute: _attribute,
    ast.keyword: _keyword,
    ast.Slice: _slice,
    ast.AugAssign: _augmented,
    ast.Expr: _statement,
    ast.Break: _statement,
    ast.Continue: _statement,
    ast.Return: _return,
}

"""What the handout's functions call their arguments, as the reference solution's text has it."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import NamedTuple

__all__ = ["Signatures"]


class Signatures(NamedTuple):
    """Argument names of functions by name, and of methods by class and name; ``self`` is left out."""

    functions: Mapping[str, tuple[str, ...]]
    methods: Mapping[tuple[str, str], tuple[str, ...]]

    @classmethod
    def of(cls, source: str) -> Signatures:
        """Those of a module's text."""
        functions, methods = dict[str, tuple[str, ...]](), dict[tuple[str, str], tuple[str, ...]]()
        for node in ast.parse(source).body:
            if isinstance(node, ast.FunctionDef):
                functions[node.name] = _names(node)
            elif isinstance(node, ast.ClassDef):
                for part in node.body:
                    if isinstance(part, ast.FunctionDef):
                        methods[node.name, part.name] = _names(part)[1:]
        return cls(functions, methods)

    def is_module(self, class_name: str) -> bool:
        """Whether the class is called by way of ``forward``."""
        return (class_name, "forward") in self.methods

    def of_call(self, class_name: str, name: str) -> tuple[str, ...]:
        """The names of a call's arguments: of a function where ``class_name`` is empty, else of a method;
        a class is called to make an object, and ``""`` calls the object itself."""
        if not class_name:
            return self.functions.get(name, self.methods.get((name, "__init__"), ()))
        own = (name,) if name else ("forward", "__call__")
        return next(
            (self.methods[class_name, each] for each in own if (class_name, each) in self.methods), ()
        )


def _names(function: ast.FunctionDef) -> tuple[str, ...]:
    return tuple(argument.arg for argument in (*function.args.posonlyargs, *function.args.args))

"""Writes a program as Python that can be pasted beside the student's file."""

from __future__ import annotations

import keyword
import re
import string
from typing import Any, Final, NamedTuple

from grader.authoring.comparison import kind_of
from grader.counterexamples.differences import Difference, Manner, wants_shape
from grader.counterexamples.layout import WIDTH, broken
from grader.counterexamples.programs import MODULE, SUPPORT, Line, Made, Path, Program, leaves
from grader.counterexamples.signatures import Signatures
from grader.counterexamples.values import is_array, literal
from sandbox.wire.messages import Operation

__all__ = ["MOST_LINES", "written"]

MOST_LINES: Final = 15
_SHORT: Final = 24
"""Up to so many characters an array stands where it is used; longer ones get a name."""
_BINARY: Final = {
    "add": "+", "sub": "-", "mul": "*", "truediv": "/", "floordiv": "//", "mod": "%", "pow": "**",
    "matmul": "@", "eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">=",
}  # fmt: skip
_UNARY: Final = {"neg": "-{}", "pos": "+{}"}
_CALLED: Final = ("abs", "len", "bool", "float", "int", "str")


class _Text(NamedTuple):
    """An expression, and whether it can stand beside an operator or a dot as it is."""

    text: str
    atomic: bool = True

    @property
    def operand(self) -> str:
        return self.text if self.atomic and not self.text.startswith("-") else f"({self.text})"


def written(
    program: Program, found: Difference, module: str, signatures: Signatures, *, share: bool = True
) -> str:
    """The program, ending with the expression whose value is the difference ``found`` in its last line.

    Args:
        module: the name of the student's file, without ``.py``.
        share: whether equal arguments may be one object.
    """
    code = ""
    for inline in (WIDTH, _SHORT):
        code = _Writer(program, found, signatures, inline, share=share).code(module)
        if max(map(len, code.splitlines())) <= WIDTH:
            break
    narrow = "\n".join(map(broken, code.splitlines()))
    return narrow if narrow.count("\n") < MOST_LINES else code


class _Writer:
    def __init__(
        self, program: Program, found: Difference, signatures: Signatures, inline: int, *, share: bool
    ) -> None:
        self._program, self._found, self._signatures = program, found, signatures
        self._inline, self._share = inline, share
        self._lines: list[str] = []
        self._imported: dict[Made, set[str]] = {SUPPORT: set(), MODULE: set()}
        self._objects: dict[int, _Text] = {-1: _Text("")}
        self._pending: list[int] = []
        self._classes: dict[int, str] = {}
        self._named: dict[str, str] = {}
        asked = {line.operands[1] for line in program if line.operation in (Operation.CALL, Operation.GET)}
        self._taken: set[str] = {"np", "torch", *signatures.functions, *asked}
        self._uses = [0] * len(program)
        for line in program:
            for _, leaf in leaves(line.operands):
                if isinstance(leaf, Made) and leaf.line >= 0:
                    self._uses[leaf.line] += 1

    def code(self, module: str) -> str:
        *before, last = self._program
        for number, line in enumerate(before):
            self._line(number, line)
        self._last(last)
        body = "\n".join(self._lines)
        files = {MODULE: module, SUPPORT: "support"}
        imports = [
            f"from {files[made]} import {', '.join(sorted(self._imported[made]))}"
            for made in (MODULE, SUPPORT)
            if self._imported[made]
        ]
        if re.search(r"\btorch\.", body):
            imports.insert(0, "import torch")
        if re.search(r"\bnp\.", body):
            imports.insert(0, "import numpy as np")
        gap = [""] if len(self._lines) > 1 else []
        return "\n".join([*imports, *gap, *self._lines])

    def _line(self, number: int, line: Line) -> None:
        text = self._expression(line)
        made = line.operands[1] if line.operation is Operation.CALL and line.operands[0] == MODULE else ""
        self._classes[number] = made or self._class_of(line)
        uses = self._uses[number]
        if uses == 0:
            self._flush()
            self._lines.append(text.text)
        elif uses == 1 and not self._signatures.is_module(made) and len(text.text) <= WIDTH // 2:
            self._objects[number] = text
            self._pending.append(number)
        else:
            self._flush()
            self._assign(number, text)

    def _last(self, line: Line) -> None:
        found, part = self._found, self._found.part
        if line.operation is Operation.GRADIENTS:
            self._gradients(line, part)
            return
        if line.operation is Operation.STATE:
            state = self._expression(line).text
            text, part = _Text(f'{state}["{part[0]}"].shape' if part else f"list({state})"), ()
        else:
            text = self._expression(line)
        if found.manner is Manner.CHANGED:
            self._flush()
            self._lines.append(text.text)
            text, part = _Text(self._arguments[part[1]]), part[2:]
        elif (line.operation is Operation.CALL and line.operands[4]) or line.operation is Operation.TAKE:
            part = part[1:]
        self._flush()
        self._lines.append(self._ended(text, part))

    def _ended(self, text: _Text, part: Path) -> str:
        """The expression with the part that differs, or what of it differs."""
        suffix = "".join(f"[{key!r}]" for key in part)
        if self._found.manner is Manner.DTYPE:
            suffix += ".dtype"
        elif wants_shape(self._found):
            suffix += ".shape"
        return f"{text.operand}{suffix}" if suffix else text.text

    def _gradients(self, line: Line, part: Path) -> None:
        target, path, args, kwargs, cotangents, _ = line.operands
        call = Line(Operation.CALL, (target, path, args, kwargs, False))
        text = self._expression(call, differentiated=True)
        self._flush()
        result = self._name("y")
        self._lines.append(f"{result} = {text.text}")
        if len(cotangents) == 1:
            self._lines.append(f"{result}.backward({self._argument('dy', cotangents[0])})")
        else:
            self._lines.append(f"torch.autograd.backward({result}, {literal(cotangents)})")
        if self._found.manner is Manner.RAISED:
            return
        if part[0] == 1:
            owner = self._arguments[part[1]]
        elif all(map(str.isidentifier, part[1].split("."))):
            owner = f"{self._made(target).operand}.{part[1]}"
        else:
            owner = f'{self._made(target).operand}.get_parameter("{part[1]}")'
        self._lines.append(self._ended(_Text(f"{owner}.grad"), part[2:]))

    def _expression(self, line: Line, *, differentiated: bool = False) -> _Text:
        operands = line.operands
        match line.operation:
            case Operation.CALL:
                return self._call(line, differentiated=differentiated)
            case Operation.GET:
                return _Text(self._attribute(operands[0], operands[1]))
            case Operation.SET:
                return _Text(f"{self._attribute(operands[0], operands[1])} = {self._value(operands[2]).text}")
            case Operation.OPERATE:
                return self._operator(operands[0], operands[1])
            case Operation.TAKE:
                return _Text(f"list({self._made(operands[0]).text})")
            case Operation.STATE:
                return _Text(f"{self._made(operands[0]).operand}.state_dict()")
            case Operation.LOAD_STATE:
                target = self._made(operands[0]).operand
                entries = (f'"{name}": {literal(array)}' for name, array in operands[1].items())
                return _Text(f"{target}.load_state_dict({{{', '.join(entries)}}})")
            case _:
                raise LookupError(f"{line.operation} is not written")

    def _call(self, line: Line, *, differentiated: bool) -> _Text:
        target, path, args, kwargs, _ = line.operands
        if target in self._imported:
            self._imported[target].add(path)
            callee = str(path)
        else:
            callee = self._made(target).operand + (f".{path}" if path else "")
        known = target != SUPPORT
        names = self._signatures.of_call(self._class_of(line), str(path)) if known else ()
        texts = []
        apart = self._found.manner is Manner.CHANGED and line is self._program[-1]
        for index, arg in enumerate(args):
            name = names[index] if index < len(names) else f"x{index}"
            texts.append(self._argument(name, arg, differentiated=differentiated, named=apart))
        self._arguments = list(texts)
        texts += [f"{name}={self._argument(name, arg)}" for name, arg in kwargs.items()]
        return _Text(f"{callee}({', '.join(texts)})")

    def _class_of(self, line: Line) -> str:
        """The class of the object that a line is about, as far as it was made by calling that class."""
        target = line.operands[0]
        known = isinstance(target, Made) and target.line >= 0
        return self._classes.get(target.line, "") if known else ""

    def _operator(self, name: str, operands: tuple[Any, ...]) -> _Text:
        texts = [self._value(operand) for operand in operands]
        if sign := _BINARY.get(name):
            return _Text(f"{texts[0].operand} {sign} {texts[1].operand}", atomic=False)
        if form := _UNARY.get(name):
            return _Text(form.format(texts[0].operand), atomic=False)
        if name in _CALLED:
            return _Text(f"{name}({texts[0].text})")
        match name:
            case "getitem":
                return _Text(f"{texts[0].operand}[{texts[1].text}]")
            case "setitem":
                return _Text(f"{texts[0].operand}[{texts[1].text}] = {texts[2].text}")
            case "contains":
                return _Text(f"{texts[1].operand} in {texts[0].operand}", atomic=False)
        raise LookupError(f"{name} is not written")

    def _attribute(self, target: Made, name: str) -> str:
        if target in self._imported:
            self._imported[target].add(name)
            return name
        return f"{self._made(target).operand}.{name}"

    def _value(self, operand: Any) -> _Text:
        return self._made(operand) if isinstance(operand, Made) else _Text(self._argument("x", operand))

    def _argument(self, name: str, value: Any, *, differentiated: bool = False, named: bool = False) -> str:
        """``value`` where it is used: itself if it is short, else the name it gets."""
        if isinstance(value, Made):
            return self._made(value).text
        if any(isinstance(leaf, Made) for _, leaf in leaves(value)):
            return self._nested(value)
        text = literal(value)
        leaf = differentiated and kind_of(value) == "a torch tensor" and value.is_floating_point()
        if leaf:
            text = f"{text[:-1]}, requires_grad=True)" if text.startswith("torch.") else text
        has_array = any(is_array(part) for _, part in leaves(value))
        if (
            not leaf
            and not (named and has_array)
            and len(text) <= (self._inline if has_array else WIDTH // 2)
        ):
            return text
        if self._share and not leaf and text in self._named:
            return self._named[text]
        chosen = self._name(name)
        self._flush()
        self._lines.append(f"{chosen} = {text}")
        self._named[text] = chosen
        return chosen

    def _nested(self, value: Any) -> str:
        if isinstance(value, dict):
            pairs = (f"{key!r}: {self._argument(str(key), item)}" for key, item in value.items())
            return f"{{{', '.join(pairs)}}}"
        inside = ", ".join(self._argument("x", item) for item in value)
        if isinstance(value, list):
            return f"[{inside}]"
        return f"({inside}{',' if len(value) == 1 else ''})"

    def _made(self, made: Made) -> _Text:
        if made.line in self._pending:
            self._pending.remove(made.line)
        text = self._objects[made.line]
        path = made.path
        if made.line >= 0 and self._program[made.line].operation is Operation.TAKE:
            path = path[1:]
        return _Text(text.operand + "".join(f"[{key!r}]" for key in path)) if path else text

    def _flush(self) -> None:
        """Give names to what waits to be used, in the order it was made in."""
        pending, self._pending = self._pending, []
        for number in pending:
            self._assign(number, self._objects[number])

    def _assign(self, number: int, text: _Text) -> None:
        module = self._signatures.is_module(self._classes.get(number, ""))
        made_by_class = self._program[number].operands[0] == MODULE
        name = self._name("module" if module and made_by_class else "")
        self._lines.append(f"{name} = {text.text}")
        self._objects[number] = _Text(name)

    def _name(self, wanted: str) -> str:
        if wanted and (not wanted.isidentifier() or keyword.iskeyword(wanted)):
            wanted = "x"
        numbered = (f"{wanted}{number}" for number in range(2, 1000))
        for name in (
            (wanted, *numbered) if wanted else (*string.ascii_lowercase, *(f"v{n}" for n in range(1000)))
        ):
            if name not in self._taken:
                self._taken.add(name)
                return name
        raise LookupError("there are no names left")

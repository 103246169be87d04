"""The counterexample that a student reads, from a program and its difference."""

from __future__ import annotations

from typing import Any, Final

from grader.counterexamples.differences import Difference, Manner, wants_shape
from grader.counterexamples.programs import Program
from grader.counterexamples.signatures import Signatures
from grader.counterexamples.values import shown_apart
from grader.counterexamples.writing import MOST_LINES, written
from grader.report import Counterexample
from sandbox.errors import StudentExceptionError
from sandbox.session import clean_text
from sandbox.wire.messages import Failure

__all__ = ["answers_shown", "raised", "told"]

_MOST_CHARACTERS: Final = 2_000
_MOST_MESSAGE: Final = 160
_OWN_TEXT: Final = (Failure.NO_GRADIENT, Failure.SIGNATURE)
"""Failures whose text is partly the guest's, which pasted code would not say."""


def told(
    program: Program, found: Difference, module: str, signatures: Signatures, *, share: bool
) -> Counterexample | None:
    """The program and both answers as text; None where they are too long, or look the same."""
    code = written(program, found, module, signatures, share=share)
    got, right = answers_shown(found)
    if got == right or code.count("\n") >= MOST_LINES or len(code) > _MOST_CHARACTERS:
        return None
    return Counterexample(code=code, got=got, right=right)


def answers_shown(found: Difference) -> tuple[str, str]:
    """What the program's last line gives, and what it should give."""
    if found.manner is Manner.RAISED:
        got, right = shown_apart(found.got, found.right)
        return _raised(found.error) or got, _raised(found.right_error, kind_only=True) or right
    if found.manner is Manner.DTYPE:
        return _dtype(found.got), _dtype(found.right)
    if wants_shape(found):
        return str(tuple(found.got.shape)), str(tuple(found.right.shape))
    return shown_apart(found.got, found.right)


def raised(error: Exception) -> str:
    """An exception as it is told: its kind if that is one of Python's own, and the start of its message."""
    kind = type(error).__name__ if type(error).__module__ == "builtins" else "Exception"
    return _exception(kind, str(error))


def _raised(error: StudentExceptionError | None, *, kind_only: bool = False) -> str:
    if error is None:
        return ""
    return _exception(error.kind, "" if kind_only or error.reason in _OWN_TEXT else error.text)


def _exception(kind: str, text: str) -> str:
    said = clean_text(text).strip().split("\n")[0][:_MOST_MESSAGE]
    return f"raises {kind}: {said}" if said else f"raises {kind}"


def _dtype(value: Any) -> str:
    text = str(value.dtype)
    return text if text.startswith("torch.") else f"dtype('{text}')"

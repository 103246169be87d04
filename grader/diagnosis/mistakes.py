"""The mistakes that a problem knows: its wrong answers, with the checks that each of them fails."""

from __future__ import annotations

import ast
import hashlib
import tomllib
from dataclasses import dataclass
from typing import Any, Final

from grader.errors import PackageError
from grader.loading import load_recognitions
from grader.package import Problem

__all__ = ["EXPECTATIONS", "KnownMistake", "known_mistakes", "require_sound_mistakes", "version_of"]

EXPECTATIONS: Final = "submissions/expectations.toml"
_FORM: Final = b"traces 1"
"""What is kept was made by this form of the engine: another one makes it anew."""


@dataclass(frozen=True, slots=True)
class KnownMistake:
    """A wrong answer of the package. ``sentence`` is what a student is told who makes its mistake (``""``:
    nothing); ``checks`` are the hidden checks that it fails (None: nobody has said)."""

    name: str
    sentence: str
    source: str
    checks: frozenset[str] | None

    def fails(self, check: str) -> bool:
        return self.checks is None or check in self.checks


def known_mistakes(problem: Problem) -> tuple[KnownMistake, ...]:
    """The problem's wrong answers by name.

    Raises:
        PackageError: a file of theirs is not Python, or the expectations are no table of lists of names.
    """
    paths = sorted((problem.folder / "submissions" / "wrong_answer").glob("*.py"))
    expected = _expectations(problem)
    return tuple(
        KnownMistake(
            path.stem,
            _sentence(
                problem, source := problem.text(path.relative_to(problem.folder).as_posix()), path.stem
            ),
            source,
            None if expected is None else frozenset(expected.get(path.stem, ())),
        )
        for path in paths
    )


def require_sound_mistakes(problem: Problem) -> None:
    """Read all that diagnoses rest on, as publishing does: a slip in it must not meet a submission first.

    Raises:
        PackageError: a file cannot be read, or a recognition is of a mistake or a check that there is not.
    """
    known = {mistake.name: mistake for mistake in known_mistakes(problem)}
    for one in load_recognitions(problem):
        missing = [check for check in one.checks if one.name not in known or not known[one.name].fails(check)]
        if missing:
            raise PackageError(
                problem.folder / "submissions" / "mistakes.py",
                f"recognises {one.name} by {missing[0]}; by submissions/expectations.toml no wrong answer of "
                "that name fails that check",
            )


def version_of(problem: Problem) -> bytes:
    """A hash of all that a wrong answer's trace depends on: the problem's files, its proofs among them."""
    total = hashlib.sha256(_FORM)
    for path in sorted(problem.folder.rglob("*")):
        relative = path.relative_to(problem.folder)
        if path.is_file() and "__pycache__" not in relative.parts:
            total.update(f"{relative.as_posix()}\0".encode())
            total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.digest()


def _sentence(problem: Problem, source: str, name: str) -> str:
    try:
        return ast.get_docstring(ast.parse(source)) or ""
    except (SyntaxError, ValueError) as error:
        path = problem.folder / "submissions" / "wrong_answer" / f"{name}.py"
        raise PackageError(path, f"is not valid Python: {error}") from error


def _expectations(problem: Problem) -> dict[str, list[str]] | None:
    path = problem.folder / EXPECTATIONS
    if not path.exists():
        return None
    try:
        table: dict[str, Any] = tomllib.loads(problem.text(EXPECTATIONS)).get("wrong_answer", {})
    except tomllib.TOMLDecodeError as error:
        raise PackageError(path, f"is not TOML in UTF-8: {error}") from error
    sound = isinstance(table, dict) and all(
        isinstance(names, list) and all(isinstance(name, str) for name in names) for names in table.values()
    )
    if not sound:
        raise PackageError(path, "lists under [wrong_answer], for each wrong answer, the checks it fails")
    return table

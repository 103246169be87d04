"""What a package brings as proof: its answers by kind, and what its author expects of the wrong ones."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final, NamedTuple

from grader.errors import PackageError
from grader.package import Problem

__all__ = [
    "EXPECTATIONS_FILE",
    "RIGHT",
    "Expectations",
    "Kind",
    "PackageAnswer",
    "answers_of",
    "wrong_answers",
]

EXPECTATIONS_FILE: Final = "submissions/expectations.toml"


class Kind(StrEnum):
    """What an answer of the package is there to show. The values are folders below ``submissions/``."""

    REFERENCE = "reference"
    STARTER = "starter"
    ACCEPTED = "accepted"
    WRONG = "wrong_answer"
    FORBIDDEN = "forbidden"
    TIME_LIMIT = "time_limit_exceeded"
    RUN_TIME = "run_time_error"


RIGHT: Final = (Kind.REFERENCE, Kind.ACCEPTED)
_BESIDE: Final = (Kind.REFERENCE, Kind.STARTER)
"""Files of the problem itself."""


class PackageAnswer(NamedTuple):
    """A file that answers the problem, rightly or not; ``name`` is the file's without its ending."""

    kind: Kind
    name: str
    path: Path

    @property
    def title(self) -> str:
        """How findings call it: its path in the package."""
        return f"{self.kind}.py" if self.kind in _BESIDE else f"{self.kind}/{self.name}.py"


def answers_of(problem: Problem) -> tuple[PackageAnswer, ...]:
    """Every answer of the package: the reference, the starter, then each folder's files by name."""
    beside = [PackageAnswer(kind, str(kind), problem.folder / f"{kind}.py") for kind in _BESIDE]
    below = [
        PackageAnswer(kind, path.stem, path)
        for kind in Kind
        if kind not in _BESIDE
        for path in sorted((problem.folder / "submissions" / kind).glob("*.py"))
    ]
    return (*beside, *below)


def wrong_answers(problem: Problem) -> tuple[PackageAnswer, ...]:
    """The known mistakes."""
    return tuple(answer for answer in answers_of(problem) if answer.kind is Kind.WRONG)


@dataclass(frozen=True, slots=True)
class Expectations:
    """``submissions/expectations.toml``.

    ``failing`` names the hidden checks that each wrong answer fails, and no others. ``kept`` says of a
    check that is never the only one to catch a wrong answer why the problem has it.
    """

    failing: Mapping[str, frozenset[str]]
    kept: Mapping[str, str]

    @classmethod
    def read(cls, problem: Problem) -> Expectations:
        """
        Raises:
            PackageError: there is no such file, or it says something else.
        """
        path = problem.folder / EXPECTATIONS_FILE
        try:
            table = tomllib.loads(problem.text(EXPECTATIONS_FILE))
        except tomllib.TOMLDecodeError as error:
            raise PackageError(path, f"is not TOML: {error}") from error
        if unknown := sorted(table.keys() - {"wrong_answer", "kept"}):
            raise PackageError(path, f"has no table [{unknown[0]}]; it has [wrong_answer] and [kept]")
        failing, kept = table.get("wrong_answer", {}), table.get("kept", {})
        if not all(
            isinstance(names, list) and all(isinstance(n, str) for n in names) for names in failing.values()
        ):
            raise PackageError(path, 'each line of [wrong_answer] is NAME = ["CHECK", ...]')
        if not all(isinstance(reason, str) and reason for reason in kept.values()):
            raise PackageError(path, 'each line of [kept] is CHECK = "why the problem has it"')
        return cls({name: frozenset(names) for name, names in failing.items()}, kept)

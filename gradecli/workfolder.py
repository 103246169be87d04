"""Finds the folder a student works in, and reads from it what is to be handed in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ValidationError

from gradecli import messages
from gradecli.errors import BadInputError
from gradecli.handouts import origin_of, sha256

__all__ = ["Described", "Draft", "described", "find_folder", "is_pset_folder", "read_draft"]


@dataclass(frozen=True)
class Draft:
    """What would be handed in: ``files`` as they are sent, and what each problem's source in them is."""

    files: dict[str, bytes]
    sources: dict[str, bytes]
    missing: tuple[str, ...] = ()
    """The set's files that are not there."""
    untouched: tuple[str, ...] = ()
    """Those that are still what was handed out."""


class _DescribedProblem(BaseModel):
    name: str


class Described(BaseModel):
    """What a handout says of itself in ``.gradecli/pset.json``: enough to hand it in with no server."""

    name: str
    problems: tuple[_DescribedProblem, ...]

    @property
    def problem_names(self) -> list[str]:
        return [problem.name for problem in self.problems]


def described(folder: Path) -> Described | None:
    """The description in ``folder``, or ``None`` when it has none that can be read."""
    try:
        return Described.model_validate_json((folder / ".gradecli" / "pset.json").read_bytes())
    except (OSError, ValidationError):
        return None


def is_pset_folder(path: Path) -> bool:
    return (path / ".gradecli").is_dir()


def find_folder(pset: str | None, where: Path) -> Path:
    """The folder of ``pset`` as seen from ``where``: a path, a folder of that name, or ``where`` itself.

    Without ``pset``: ``where`` itself, or the only problem set in it.

    Raises:
        BadInputError: there is none, or it is not clear which is meant.
    """
    if pset is not None:
        return _named(pset, where)
    if is_pset_folder(where):
        return where
    below = sorted(child for child in where.iterdir() if is_pset_folder(child))
    if len(below) == 1:
        return below[0]
    if below:
        raise BadInputError(messages.several_folders_here([child.name for child in below]))
    raise BadInputError(messages.no_folder_here())


def _named(pset: str, where: Path) -> Path:
    given = where / pset  # an absolute path replaces ``where``
    if is_pset_folder(given):
        return given
    if is_pset_folder(where):
        here = described(where)
        if pset == (here.name if here else where.resolve().name):
            return where
    if given.is_dir():
        return given
    raise BadInputError(messages.no_folder_for(pset))


def read_draft(path: Path, problems: Sequence[str]) -> Draft:
    """Read the files of a set with these ``problems`` from a folder, a zip, a notebook or a single file.

    Raises:
        BadInputError: nothing of the set is there, or it cannot be taken.
    """
    from grader.errors import BadSubmissionError
    from grader.intake import read_arrivals, take_in

    expected = [f"{problem}.py" for problem in problems]
    origin = origin_of(path) if path.is_dir() else None
    given = origin.files if origin else {}
    try:
        arrived = read_arrivals(path, problems)
        in_notebooks = {
            problem for file in arrived if file.is_notebook for problem in take_in([file], problems).files
        }
        # The starter of what was written in a notebook instead still lies beside it.
        arrived = [
            file
            for file in arrived
            if not (file.stem in in_notebooks and given.get(file.name) == sha256(file.content))
        ]
        if not arrived:
            raise BadInputError(messages.nothing_to_submit(str(path), expected))
        sources = take_in(arrived, problems).files
    except BadSubmissionError as error:
        raise BadInputError(str(error)) from error
    return Draft(
        files={file.name: file.content for file in arrived},
        sources=dict(sources),
        missing=tuple(f"{problem}.py" for problem in problems if problem not in sources),
        untouched=tuple(file.name for file in arrived if given.get(file.name) == sha256(file.content)),
    )

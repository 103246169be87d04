"""Finds the folder a student works in, and reads from it what is to be handed in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ValidationError

from gradecli import archives, messages
from gradecli.errors import BadInputError
from gradecli.handouts import origin_of, sha256

__all__ = ["Described", "Draft", "described", "find_folder", "is_pset_folder", "read_draft"]

_LARGEST_FILE = 8 * 2**20


@dataclass(frozen=True)
class Draft:
    """What would be handed in: file name to content, and which of the set's files are not there."""

    files: dict[str, bytes]
    missing: tuple[str, ...] = ()
    untouched: tuple[str, ...] = ()
    """Those that are still what was handed out."""


class _DescribedProblem(BaseModel):
    name: str


class Described(BaseModel):
    """What a handout says of itself in ``.gradecli/pset.json``: enough to hand it in with no server."""

    name: str
    problems: tuple[_DescribedProblem, ...]

    @property
    def file_names(self) -> list[str]:
        return [f"{problem.name}.py" for problem in self.problems]


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


def read_draft(path: Path, expected: Sequence[str]) -> Draft:
    """Read the set's files, called ``expected``, from a folder, a zip file or a single file.

    Raises:
        BadInputError: nothing of the set is there, or it cannot be read.
    """
    origin = None
    if path.is_dir():
        origin = origin_of(path)
        files = {name: _read(path / name) for name in expected if (path / name).is_file()}
    elif not path.is_file():
        raise BadInputError(messages.not_found(str(path)))
    elif path.suffix.lower() == ".zip":
        files = _from_zip(path, expected)
    elif path.name in expected:
        files = {path.name: _read(path)}
    else:
        raise BadInputError(messages.not_this_sets_file(path.name, expected))
    if not files:
        raise BadInputError(messages.nothing_to_submit(str(path), expected))
    given = origin.files if origin else {}
    return Draft(
        files=files,
        missing=tuple(name for name in expected if name not in files),
        untouched=tuple(name for name, content in files.items() if given.get(name) == sha256(content)),
    )


def _from_zip(path: Path, expected: Sequence[str]) -> dict[str, bytes]:
    content = _read(path, archives.LARGEST_TOTAL)
    try:
        return archives.read_wanted(content, expected)
    except archives.ArchiveError as error:
        raise BadInputError(messages.zip_refused(path.name, str(error))) from error


def _read(path: Path, limit: int = _LARGEST_FILE) -> bytes:
    with path.open("rb") as stream:
        content = stream.read(limit + 1)
    if len(content) > limit:
        raise BadInputError(messages.file_too_large(path.name, limit))
    return content

"""Reads what is to be handed in from this machine's own disk: a folder, or one file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from grader.errors import BadSubmissionError
from grader.intake.taking import LARGEST_ARRIVAL, LARGEST_SOURCE, UploadedFile, only_what_concerns

__all__ = ["read_arrivals"]


def read_arrivals(path: Path, problems: Sequence[str]) -> list[UploadedFile]:
    """What is at ``path``, as it would arrive: a file itself; of a folder, the files that matter.

    Raises:
        BadSubmissionError: nothing is there, or it cannot be read.
    """
    if path.is_file():
        return [_read(path, LARGEST_ARRIVAL)]
    if not path.is_dir():
        raise BadSubmissionError(f"There is no {path}. Name the folder or file you want to submit.")
    try:
        names = sorted(child.name for child in path.iterdir() if child.is_file())
    except OSError as error:
        raise BadSubmissionError(f"{path} cannot be read ({error.strerror}).") from error
    found = [UploadedFile(name, b"") for name in names]
    mine = [
        _read_inside(path, file, LARGEST_ARRIVAL if file.is_notebook else LARGEST_SOURCE)
        for file in found
        if file.is_source_of(problems) or (file.is_notebook and not file.name.startswith("."))
    ]
    return only_what_concerns(mine, problems)


def _read_inside(folder: Path, file: UploadedFile, most: int) -> UploadedFile:
    path = folder / file.name
    if not path.resolve().is_relative_to(folder.resolve()):
        raise BadSubmissionError(
            f"{file.name} is a link to a file outside {folder}. Copy the file itself there."
        )
    return _read(path, most)


def _read(path: Path, most: int) -> UploadedFile:
    """The file, or as much of it as shows that it is too large."""
    try:
        with path.open("rb") as stream:
            return UploadedFile(path.name, stream.read(most + 1))
    except OSError as error:
        raise BadSubmissionError(f"{path} cannot be read ({error.strerror}).") from error

"""A submission: one text file for each problem that was attempted, named after the problem."""

from __future__ import annotations

import hashlib
import lzma
import stat
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from grader.errors import BadSubmissionError
from grader.package import ProblemSet

__all__ = ["MAX_FILE_BYTES", "Submission", "submission_digest"]

MAX_FILE_BYTES: Final = 256 * 1024
_MAX_ENTRIES: Final = 2_000
_ZIP_ERRORS: Final = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    RuntimeError,  # encrypted, or a method that is not known here
    ValueError,
    OSError,
    EOFError,
)


def submission_digest(files: Mapping[str, bytes]) -> str:
    """The name of a submission's content: a hash of its files by problem name."""
    total = hashlib.sha256()
    for name in sorted(files):
        total.update(f"{name}\0".encode() + hashlib.sha256(files[name]).digest())
    return total.hexdigest()


@dataclass(frozen=True, slots=True)
class Submission:
    """The files of a submission by problem name, each checked to be text of a sane size.

    ``digest`` is a hash of names and contents: equal files give an equal digest.
    """

    files: Mapping[str, bytes]
    digest: str

    @classmethod
    def from_files(cls, files: Mapping[str, bytes], pset: ProblemSet) -> Submission:
        """From file names and contents; files that belong to no problem of the set are refused.

        Raises:
            BadSubmissionError: a name is unknown, nothing is left, or a file is not Python text.
        """
        expected = {problem.file_name: problem.name for problem in pset.problems}
        unknown = sorted(set(files) - set(expected))
        if unknown:
            raise BadSubmissionError(
                f"{unknown[0]} is not a file of {pset.name}; it takes {', '.join(sorted(expected))}."
            )
        return cls._of({expected[name]: content for name, content in files.items()}, pset)

    @classmethod
    def read(cls, path: Path, pset: ProblemSet, problem: str | None = None) -> Submission:
        """From a folder, a ``.zip``, or (with ``problem``) a single file of any name.

        Other files in a folder or zip are left alone.

        Raises:
            BadSubmissionError: there is nothing to grade, or a file is not Python text.
        """
        if not path.exists():
            raise BadSubmissionError(f"There is no {path}. Name the folder or file you want to submit.")
        if problem is not None and path.is_file() and path.suffix.lower() != ".zip":
            return cls._of({pset.problem(problem).name: _read_file(path)}, pset)
        problems = pset.problems if problem is None else (pset.problem(problem),)
        wanted = {p.file_name: p.name for p in problems}
        if path.is_dir():
            found = {
                name: _read_inside(path, file) for file, name in wanted.items() if (path / file).is_file()
            }
        elif zipfile.is_zipfile(path):
            found = _read_zip(path, wanted)
        elif path.name in wanted:
            found = {wanted[path.name]: _read_file(path)}
        else:
            raise BadSubmissionError(
                f"{path.name} is neither a folder, a .zip, nor one of {', '.join(sorted(wanted))}."
            )
        if not found:
            raise BadSubmissionError(f"{path} holds none of {', '.join(sorted(wanted))}.")
        return cls._of(found, pset)

    @classmethod
    def _of(cls, files: Mapping[str, bytes], pset: ProblemSet) -> Submission:
        if not files:
            names = ", ".join(problem.file_name for problem in pset.problems)
            raise BadSubmissionError(f"Nothing was submitted. {pset.name} takes {names}.")
        for name in sorted(files):
            _require_text(f"{name}.py", files[name])
        return cls(dict(files), submission_digest(files))


def _require_text(name: str, content: bytes) -> None:
    if len(content) > MAX_FILE_BYTES:
        raise BadSubmissionError(
            f"{name} has {len(content):,} bytes; at most {MAX_FILE_BYTES:,} are taken. "
            "Submit code only, and leave out data and outputs."
        )
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadSubmissionError(f"{name} is not Python source text in UTF-8 ({error.reason}).") from error
    if "\0" in text:
        raise BadSubmissionError(f"{name} is not Python source text: it holds a NUL character.")


def _read_inside(folder: Path, name: str) -> bytes:
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        raise BadSubmissionError(f"{name} is a link to a file outside {folder}. Copy the file itself there.")
    return _read_file(path)


def _read_file(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise BadSubmissionError(f"{path} cannot be read ({error.strerror}).") from error
    if len(content) > MAX_FILE_BYTES:
        raise BadSubmissionError(f"{path.name} is larger than the {MAX_FILE_BYTES:,} bytes that are taken.")
    return content


def _read_zip(path: Path, wanted: Mapping[str, str]) -> dict[str, bytes]:
    """The wanted files at the top of the archive or in its one folder; nothing is unpacked to disk."""
    found: dict[str, bytes] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            if len(entries) > _MAX_ENTRIES:
                raise BadSubmissionError(f"{path.name} holds {len(entries):,} files; submit only your own.")
            for entry in entries:
                parts = PurePosixPath(entry.filename).parts
                mode = entry.external_attr >> 16
                if len(parts) > 2 or parts[-1:] == () or parts[-1] not in wanted or entry.is_dir():
                    continue
                if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
                    raise BadSubmissionError(f"{entry.filename} in {path.name} is a link, not a file.")
                if wanted[parts[-1]] in found:
                    raise BadSubmissionError(f"{path.name} holds {parts[-1]} twice; keep one.")
                with archive.open(entry) as stream:  # the size in the header may lie: read one byte more
                    found[wanted[parts[-1]]] = stream.read(MAX_FILE_BYTES + 1)
    except _ZIP_ERRORS as error:
        raise BadSubmissionError(f"{path.name} cannot be read as a .zip ({error}).") from error
    return found

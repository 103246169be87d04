"""What a submitted file may be: its name, its size, its content. Nothing here is ever parsed or run."""

from __future__ import annotations

import io
import tokenize
from collections.abc import Sequence
from dataclasses import dataclass, field

from api.errors import BadFileError, TooLargeError

__all__ = ["MAX_BODY_BYTES", "MAX_FILES", "MAX_FILE_BYTES", "UploadedFile", "checked_files"]

KIB = 1024
MAX_FILE_BYTES = 256 * KIB
MAX_TOTAL_BYTES = 1024 * KIB
MAX_BODY_BYTES = MAX_TOTAL_BYTES + 64 * KIB
"""The files, and what multipart encoding adds to them."""
MAX_FILES = 32

_SHOWN_NAME = 60


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """One file as it arrived; the name is whatever the client claimed."""

    name: str
    content: bytes = field(repr=False)


def checked_files(files: Sequence[UploadedFile], problems: Sequence[str]) -> dict[str, bytes]:
    """The files' contents by problem, once each name and content is known to be acceptable.

    Args:
        problems: the names of the set's problems; a file must be called ``<problem>.py``.

    Raises:
        BadFileError: a name that no problem has, a name twice, no file at all, or not Python text.
        TooLargeError: one file, or all together, are larger than is accepted.
    """
    expected = {f"{problem}.py": problem for problem in problems}
    accepted: dict[str, bytes] = {}
    for file in files:
        problem = expected.get(file.name)
        if problem is None:
            msg = f"{_shown(file.name)} is not a file of this problem set. It takes {_listed(expected)}."
            raise BadFileError(msg)
        if problem in accepted:
            msg = f"{file.name} is there twice. Send each file once."
            raise BadFileError(msg)
        _check_content(file)
        accepted[problem] = file.content
    if not accepted:
        msg = f"No file was sent. Send at least one of {_listed(expected)}."
        raise BadFileError(msg)
    if sum(map(len, accepted.values())) > MAX_TOTAL_BYTES:
        msg = f"The files are larger than {MAX_TOTAL_BYTES // KIB} KiB together. Remove data from them."
        raise TooLargeError(msg)
    return accepted


def _check_content(file: UploadedFile) -> None:
    """Python source in UTF-8: what every tool downstream reads the same way.

    Whether it compiles is for the grader to say: a syntax error is graded, and explained.
    """
    if len(file.content) > MAX_FILE_BYTES:
        msg = f"{file.name} is larger than {MAX_FILE_BYTES // KIB} KiB. Remove data and outputs from it."
        raise TooLargeError(msg)
    try:
        file.content.decode("utf-8")
        encoding, _ = tokenize.detect_encoding(io.BytesIO(file.content).readline)
    except (UnicodeDecodeError, SyntaxError) as error:
        msg = f"{file.name} is not UTF-8 text. Save it as UTF-8 in your editor and submit again."
        raise BadFileError(msg) from error
    if b"\0" in file.content:
        msg = f"{file.name} is not a text file. Send the Python source, not a notebook or compiled file."
        raise BadFileError(msg)
    if encoding not in {"utf-8", "utf-8-sig"}:
        msg = f"{file.name} declares another encoding in its first lines. Remove that line; UTF-8 is used."
        raise BadFileError(msg)


def _shown(name: str) -> str:
    """A client's name for a file, fit to be repeated in a sentence."""
    clean = "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in name
    )
    return f"“{clean[:_SHOWN_NAME]}{'…' if len(clean) > _SHOWN_NAME else ''}”"


def _listed(names: dict[str, str]) -> str:
    return ", ".join(names)

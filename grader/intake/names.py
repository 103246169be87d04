"""Names of files from elsewhere: shown safely, compared as the strictest system would, judged."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

__all__ = ["MAX_NAME", "fault_in_path", "is_left_by_a_system", "same_everywhere", "shown", "spelled"]

MAX_NAME: Final = 255
_MAX_PATH: Final = 1_000
_SHOWN: Final = 60
_PLAIN: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./-]*", re.ASCII)
_DEVICES: Final = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9]|conin\$|conout\$) *(\.|$)", re.IGNORECASE)
_DRIVE: Final = re.compile(r"[A-Za-z]:")
_LEFT_BY_SYSTEMS: Final = frozenset({".DS_Store", "Icon\r", "Thumbs.db", "desktop.ini"})


def shown(name: str) -> str:
    """A name fit to be repeated in a sentence: on one line, of one reading, not long, in quotes if odd."""
    if len(name) <= _SHOWN and _PLAIN.fullmatch(name):
        return name
    clean = "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in name[:_SHOWN]
    )
    return f"“{clean}{'…' if len(name) > _SHOWN else ''}”"


def spelled(name: str) -> str:
    """The name in the one spelling that we compare: a Mac writes é as two characters, others as one."""
    return unicodedata.normalize("NFC", name)


def same_everywhere(path: str) -> str:
    """Equal for paths that some system takes for the same: case, accents, a dot or space at an end."""
    return "/".join(spelled(spelled(part).casefold()).rstrip(". ") for part in path.split("/"))


def is_left_by_a_system(path: str) -> bool:
    """Whether a path is something that macOS or Windows adds to folders and zips by itself."""
    first, last = path.split("/", maxsplit=1)[0], path.rstrip("/").split("/")[-1]
    return first == "__MACOSX" or last in _LEFT_BY_SYSTEMS or last.startswith("._")


def fault_in_path(path: str) -> str | None:
    """What a path with ``/`` between its parts is, if not a plain one below a folder; else None.

    The answer follows "it holds X, which": ``"leads out of the folder"``.
    """
    parts = path.removesuffix("/").split("/")
    if path.startswith("/") or _DRIVE.match(path):
        return "is an absolute path"
    if ".." in parts:
        return "leads out of its folder"
    if "" in parts or "." in parts:
        return "is not a plain path"
    if len(path) > _MAX_PATH or any(len(part) > MAX_NAME for part in parts):
        return "is too long a name"
    if is_left_by_a_system(path):
        return None
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in path):
        return "has control characters in its name"
    if any(_DEVICES.match(part) for part in parts):
        return "is a name that Windows keeps for a device"
    return None

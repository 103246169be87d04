"""Reads zip files that nobody vouches for, without writing anything.

What comes out is names and bytes, bounded; what is not a plain file with a plain name is refused.
"""

from __future__ import annotations

import io
import re
import stat
import zipfile
import zlib
from collections.abc import Collection, Iterator
from pathlib import PurePosixPath

__all__ = ["ArchiveError", "read_all", "read_wanted"]

MOST_ENTRIES = 1_000
LARGEST_FILE = 8 * 2**20
LARGEST_TOTAL = 32 * 2**20

# Letters, digits and . _ - only: nothing that any system reads as more than a name. No leading
# dash (an option, to a shell) and no trailing dot (Windows drops it, and meets another file).
_PLAIN_NAME = re.compile(r"(?!-)[A-Za-z0-9._-]{1,100}(?<!\.)", re.ASCII)
_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9]|conin\$|conout\$)(\.|$)", re.IGNORECASE)
_ENCRYPTED = 0x1


class ArchiveError(Exception):
    """The file is not a zip file, or not one to be opened here; the message says why."""


def read_all(content: bytes) -> dict[PurePosixPath, bytes]:
    """Every file of a zip, by its path.

    Raises:
        ArchiveError: any entry is other than a plain file or folder at a plain relative path, two
            names are the same where case does not count, or it holds more than is reasonable.
    """
    files: dict[PurePosixPath, bytes] = {}
    with _open(content) as archive:
        spelling: dict[str, str] = {}
        for entry in _entries(archive):
            path = _safe_path(entry)
            for name in map(str, (path, *path.parents[:-1])):
                if spelling.setdefault(name.lower(), name) != name:
                    raise ArchiveError(
                        f"{name!r} and {spelling[name.lower()]!r} are the same name on some systems"
                    )
            if entry.is_dir():
                continue
            if path in files:
                raise ArchiveError(f"{entry.filename!r} is in it twice")
            files[path] = _content(archive, entry, LARGEST_TOTAL - sum(map(len, files.values())))
    for path in files:
        for parent in path.parents:
            if parent in files:
                raise ArchiveError(f"{str(parent)!r} is both a file and a folder")
    return files


def read_wanted(content: bytes, wanted: Collection[str]) -> dict[str, bytes]:
    """The files named in ``wanted`` that lie at the top of the zip or in one folder at its top.

    Everything else in it is left alone: a student's zip may hold anything.

    Raises:
        ArchiveError: it cannot be read, or a wanted file is in it more than once.
    """
    found: dict[str, bytes] = {}
    with _open(content) as archive:
        for entry in _entries(archive):
            parts = entry.filename.replace("\\", "/").split("/")
            if len(parts) > 2 or parts[-1] not in wanted or parts[0] == "__MACOSX":
                continue
            if parts[-1] in found:
                raise ArchiveError(f"it holds {parts[-1]} more than once")
            found[parts[-1]] = _content(archive, entry, LARGEST_TOTAL - sum(map(len, found.values())))
    return found


class _Opened:
    """``with``: turns what zipfile raises on a damaged or hostile file into :class:`ArchiveError`."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def __enter__(self) -> zipfile.ZipFile:
        try:
            return zipfile.ZipFile(io.BytesIO(self._content))
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
            raise ArchiveError("it is not a zip file, or a damaged one") from error

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(
            error,
            zipfile.BadZipFile | zlib.error | EOFError | ValueError | NotImplementedError | RuntimeError,
        ):
            raise ArchiveError("it is damaged") from error


def _open(content: bytes) -> _Opened:
    return _Opened(content)


def _entries(archive: zipfile.ZipFile) -> Iterator[zipfile.ZipInfo]:
    entries = archive.infolist()
    if len(entries) > MOST_ENTRIES:
        raise ArchiveError(f"it holds {len(entries)} files, more than {MOST_ENTRIES}")
    return iter(entries)


def _safe_path(entry: zipfile.ZipInfo) -> PurePosixPath:
    name = entry.orig_filename
    parts = name.removesuffix("/").split("/")
    if not all(_PLAIN_NAME.fullmatch(part) and not _DEVICES.match(part) for part in parts) or len(name) > 200:
        raise ArchiveError(f"it has a name that is not allowed: {name[:100]!r}")
    mode = entry.external_attr >> 16
    kind = stat.S_IFMT(mode)
    if kind not in {0, stat.S_IFDIR if entry.is_dir() else stat.S_IFREG}:
        raise ArchiveError(f"{name!r} is a link or a device, not a plain file")
    return PurePosixPath(*parts)


def _content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, room: int) -> bytes:
    if entry.flag_bits & _ENCRYPTED:
        raise ArchiveError(f"{entry.filename!r} is protected by a password")
    if entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise ArchiveError(f"{entry.filename!r} is compressed in an unusual way")
    limit = min(LARGEST_FILE, room)
    with archive.open(entry) as stream:
        content = stream.read(limit + 1)  # what the entry says of its own size is not believed
    if len(content) > limit:
        raise ArchiveError(f"{entry.filename!r} unpacks to more than is accepted")
    return content

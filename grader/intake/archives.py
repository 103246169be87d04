"""Reads zip files that nobody vouches for: from bytes to bytes, never to a disk.

The list of contents is read and judged as a whole before anything is unpacked. It must end where the
file ends, agree with the header in front of each entry, and name plain files whose data lie beside each
other; what does not happen to an honest zip is refused. The format is that of PKWARE's APPNOTE.TXT,
section 4.3. The standard library's ``zipfile`` repairs and trusts too much for this.
"""

from __future__ import annotations

import stat
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from grader.intake.names import fault_in_path, is_left_by_a_system, same_everywhere, shown, spelled

__all__ = ["Archive", "ArchiveError", "ArchiveTooLargeError", "Member", "open_archive"]

MOST_MEMBERS: Final = 2_000
LARGEST_TOTAL: Final = 64 * 2**20
"""Bytes that all members together may say they unpack to, wanted or not."""
_LARGEST_RATIO: Final = 200
_HARMLESS: Final = 2**20  # a smaller file may shrink as far as it likes: zeros do

_END: Final = struct.Struct("<4s4H2LH")
_ENTRY: Final = struct.Struct("<4s6H3L5H2L")
_LOCAL: Final = struct.Struct("<4s5H3L2H")
_ZIP64_LOCATOR: Final = b"PK\6\7"
_IN_ZIP64: Final = 0xFFFFFFFF
_ENCRYPTED: Final = 0x1 | 0x40 | 0x2000
_SIZES_FOLLOW: Final = 0x8
_NAME_IS_UTF8: Final = 0x800
_STORED, _DEFLATED = 0, 8

_ZIP_AGAIN: Final = "zip your files again with your system's own tool, or hand them in without a zip"
_ONLY_YOURS: Final = "zip only the files that you wrote"


class ArchiveError(Exception):
    """A zip is refused. ``str(error)`` is a clause, ``"it is damaged"``; ``remedy`` says what to do."""

    def __init__(self, what: str, remedy: str = _ZIP_AGAIN) -> None:
        super().__init__(what)
        self.remedy = remedy


class ArchiveTooLargeError(ArchiveError):
    """It holds more than is accepted."""

    def __init__(self, what: str, remedy: str = _ONLY_YOURS) -> None:
        super().__init__(what, remedy)


@dataclass(frozen=True, slots=True)
class Member:
    """A file in an archive; ``path`` has ``/`` between its parts. ``size`` is what the archive says."""

    path: str
    size: int
    _crc: int = field(repr=False)
    _method: int = field(repr=False)
    _data: slice = field(repr=False)


@dataclass(frozen=True, slots=True)
class Archive:
    """A zip whose list of contents was found sound. Folders, and what systems add, are not listed."""

    members: tuple[Member, ...]
    _content: memoryview = field(repr=False)

    def read(self, member: Member, limit: int) -> bytes:
        """Unpack one member, at most ``limit`` bytes.

        Raises:
            ArchiveTooLargeError: it is larger.
            ArchiveError: it is damaged, or not what the list says.
        """
        if member.size > limit:
            raise ArchiveTooLargeError(
                f"{shown(member.path)} in it is larger than {limit // 1024} KiB", "leave data and outputs out"
            )
        packed = self._content[member._data]
        content = bytes(packed) if member._method == _STORED else _inflated(packed, member.size)
        if len(content) != member.size or zlib.crc32(content) != member._crc:
            raise ArchiveError("it is damaged")
        return content


def open_archive(content: bytes) -> Archive:
    """Judge a zip by its list of contents.

    Raises:
        ArchiveError: it is no zip, a damaged one, or one that holds something else than plain files.
    """
    view = memoryview(content)
    found, places = list[Member](), list[tuple[int, int]]()
    spelling: dict[str, str] = {}
    for entry in _entries(view, *_find_list(content)):
        places.append((entry.start, entry.data.stop))
        path = _path(entry)
        _require_plain_file(entry, path)
        if path.endswith("/") or is_left_by_a_system(path):
            continue
        twin = spelling.setdefault(same_everywhere(path), path)
        if twin is not path:
            raise ArchiveError(
                f"it holds {shown(path)} twice"
                if twin == path
                else f"it holds {shown(twin)} and {shown(path)}, which are one name on some systems",
                "keep one and zip your files again",
            )
        found.append(Member(path, entry.size, entry.crc, entry.method, entry.data))
    if any(end > start for (_, end), (start, _) in pairwise(sorted(places))):
        raise ArchiveError("files in it overlap")
    if sum(member.size for member in found) > LARGEST_TOTAL:
        raise ArchiveTooLargeError(f"it unpacks to more than {LARGEST_TOTAL // 2**20} MiB")
    return Archive(tuple(found), view)


@dataclass(frozen=True, slots=True)
class _Entry:
    """One line of the list of contents, found to agree with the header in front of its data."""

    name: bytes
    flags: int
    method: int
    crc: int
    size: int
    kind: int
    start: int
    data: slice


def _find_list(content: bytes) -> tuple[int, int, int]:
    """Where the list of contents starts and ends, and how many entries it says it has."""
    end = content.rfind(b"PK\5\6")
    if end < 0 or end + _END.size > len(content):
        raise ArchiveError("it is not a zip file, or not all of one")
    _, disk, list_disk, count_here, count, size, start, comment = _END.unpack_from(content, end)
    if end + _END.size + comment != len(content):
        raise ArchiveError("something follows its end")
    if _IN_ZIP64 in (size, start) or content[max(0, end - 20) :].startswith(_ZIP64_LOCATOR):
        raise ArchiveError("it is of the kind for huge files (zip64)")
    if disk or list_disk or count_here != count:
        raise ArchiveError("it is one part of several")
    if start + size != end:
        raise ArchiveError("its list of contents is not where it should be")
    if count > MOST_MEMBERS:
        raise ArchiveTooLargeError(f"it holds {count:,} files")
    return start, end, count


def _entries(view: memoryview, start: int, end: int, count: int) -> Iterator[_Entry]:
    place = start
    for _ in range(count):
        if place + _ENTRY.size > end:
            raise ArchiveError("its list of contents breaks off")
        fields = _ENTRY.unpack_from(view, place)
        name_length, extra, comment = fields[10:13]
        name = bytes(view[place + _ENTRY.size :][:name_length])
        place += _ENTRY.size + name_length + extra + comment
        if fields[0] != b"PK\1\2" or place > end:
            raise ArchiveError("its list of contents is damaged")
        yield _checked(view, fields, name, start)
    if place != end:
        raise ArchiveError("its list of contents is longer than it says")


def _checked(view: memoryview, fields: tuple[int, ...], name: bytes, end: int) -> _Entry:
    _, _, _, flags, method, _, _, crc, packed, size, _, _, _, disk, _, attributes, start = fields
    told = shown(_decoded(name, flags))
    if _IN_ZIP64 in (packed, size, start):
        raise ArchiveError(f"{told} in it is of the kind for huge files (zip64)")
    if flags & _ENCRYPTED:
        raise ArchiveError(f"{told} in it is protected by a password", "zip your files without one")
    if method not in {_STORED, _DEFLATED}:
        raise ArchiveError(f"{told} in it is compressed in an unusual way")
    if method == _STORED and packed != size:
        raise ArchiveError(f"it tells two sizes of {told}")
    if size > _HARMLESS and size > packed * _LARGEST_RATIO:
        raise ArchiveTooLargeError(
            f"{told} in it would unpack to {size / max(packed, 1):,.0f} times its size"
        )
    data = _data_place(view, start, name, flags, method, (crc, packed, size), end)
    if disk or data is None:
        raise ArchiveError(f"its list of contents does not agree with what it holds as {told}")
    return _Entry(name, flags, method, crc, size, stat.S_IFMT(attributes >> 16), start, data)


def _data_place(
    view: memoryview,
    start: int,
    name: bytes,
    flags: int,
    method: int,
    sizes: tuple[int, int, int],
    end: int,
) -> slice | None:
    """Where an entry's data lies, or None when the header in front of it tells another story."""
    if start + _LOCAL.size > end:
        return None
    signature, _, own_flags, own_method, _, _, *own_sizes, name_length, extra = _LOCAL.unpack_from(
        view, start
    )
    begin = start + _LOCAL.size + name_length + extra
    own_name = bytes(view[start + _LOCAL.size :][:name_length])
    # Written before the data, a header may leave sizes for later, or room for 64 bits of each.
    later = (0, _IN_ZIP64) if flags & _SIZES_FOLLOW else (_IN_ZIP64,)
    agrees = all(own in (told, *later) for own, told in zip(own_sizes[1:], sizes[1:], strict=True))
    agrees &= own_sizes[0] == sizes[0] or bool(flags & _SIZES_FOLLOW and own_sizes[0] == 0)
    same = (signature, own_name, own_method, own_flags & 0x9) == (b"PK\3\4", name, method, flags & 0x9)
    return slice(begin, begin + sizes[1]) if same and agrees and begin + sizes[1] <= end else None


def _decoded(name: bytes, flags: int) -> str:
    """A name as text. Without the mark for UTF-8 it may be that all the same (macOS), or the IBM PC's set."""
    try:
        return name.decode("utf-8")
    except UnicodeDecodeError:
        if flags & _NAME_IS_UTF8:
            raise ArchiveError(
                f"the name {shown(name.decode('ascii', 'replace'))} in it is not in the encoding it claims",
                "rename that file and zip your files again",
            ) from None
        return name.decode("cp437")


def _path(entry: _Entry) -> str:
    path = spelled(_decoded(entry.name, entry.flags).replace("\\", "/"))
    while path.startswith("./") and len(path) > 2:
        path = path.removeprefix("./")
    fault = fault_in_path(path)
    if fault is not None:
        raise ArchiveError(
            f"it holds {shown(path)}, which {fault}", "rename that file and zip your files again"
        )
    return path


def _require_plain_file(entry: _Entry, path: str) -> None:
    folder = path.endswith("/")
    if entry.kind not in {0, stat.S_IFDIR if folder else stat.S_IFREG}:
        what = "link" if entry.kind == stat.S_IFLNK else "device or another thing that is no file"
        raise ArchiveError(
            f"{shown(path)} in it is a {what}", "put the file itself there, or leave it out, and zip again"
        )
    if folder and entry.size:
        raise ArchiveError(f"{shown(path)} in it is a folder with a content of its own")


def _inflated(packed: memoryview, size: int) -> bytes:
    """What ``packed`` unpacks to, but never more than a byte over ``size``."""
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        content = stream.decompress(packed, size + 1)
    except zlib.error as error:
        raise ArchiveError("it is damaged") from error
    if not stream.eof or stream.unused_data:
        raise ArchiveError("it is damaged")
    return content

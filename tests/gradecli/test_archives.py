"""Zip files from elsewhere: what is not a plain file with a plain name is refused, unread."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from pathlib import PurePosixPath
from typing import Any

import pytest

from gradecli.archives import ArchiveError, read_all


def zip_with(*entries: tuple[zipfile.ZipInfo, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry, content in entries:
            archive.writestr(entry, content)
    return out.getvalue()


def named(name: str, mode: int = 0) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.filename = entry.orig_filename = name
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = mode << 16
    return entry


def test_plain_files_and_folders_are_read(make: Any) -> None:
    content = make.zip({"pset1/": "", "pset1/a.py": "x = 1", "pset1/.gradecli/deep/b.json": "{}"})
    assert read_all(content) == {
        PurePosixPath("pset1/a.py"): b"x = 1",
        PurePosixPath("pset1/.gradecli/deep/b.json"): b"{}",
    }


@pytest.mark.parametrize(
    "name",
    [
        "../evil.py",
        "pset1/../../evil.py",
        "pset1/..",
        "/etc/passwd",
        "//host/share/x",
        "C:/evil.py",
        "C:evil.py",
        "pset1\\..\\evil.py",
        "pset1/evil.py\x00.txt",
        "pset1//a.py",
        "pset1/./a.py",
        "~/x",
        "pset1/-rf",
        "pset1/con",
        "pset1/NUL.py",
        "pset1/com1.txt",
        "pset1/lpt9",
        "pset1/aux.tar.gz",
        "pset1/a.py.",
        "pset1/a.py ",
        "pset1/a.py:stream",
        "pset1/\x1b[2J",
        "pset1/a\nb",
        "pset1/caf\u00e9.py",
        "pset1/\u202eyp.a",
        "",
        "pset1/" + "a" * 300,
        "a/" * 150 + "b",
        "pset1/a*?.py",
        "pset1/$HOME",
        "pset1/a|b",
    ],
)
def test_a_name_that_is_more_than_a_name_is_refused(name: str) -> None:
    with pytest.raises(ArchiveError):
        read_all(zip_with((named(name), b"x")))


@pytest.mark.parametrize(
    "kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO, stat.S_IFSOCK, stat.S_IFDIR]
)
def test_links_and_devices_are_refused(kind: int) -> None:
    with pytest.raises(ArchiveError, match=r"is a link|is a device"):
        read_all(zip_with((named("pset1/a.py", kind | 0o777), b"../../.bashrc")))


@pytest.mark.parametrize(
    "names",
    [
        ("p/A.py", "p/a.py"),
        ("p/a.py", "p/a.py"),
        ("P/a.py", "p/b.py"),
        ("p/a", "p/a/b"),
        ("p/a", "p/A/b"),
        ("p/a/b", "p/a"),
    ],
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_names_that_collide_on_some_system_are_refused(names: tuple[str, str]) -> None:
    with pytest.raises(ArchiveError):
        read_all(zip_with(*((named(name), b"x") for name in names)))


def test_a_bomb_is_refused() -> None:
    text = b"".join(b"%d\n" % number for number in range(600_000))
    with pytest.raises(ArchiveError, match="times its size"):
        read_all(zip_with((named("p/zeros"), bytes(9 * 2**20))))
    with pytest.raises(ArchiveError, match="is larger than 8192 KiB"):
        read_all(zip_with((named("p/text"), text * 3)))
    with pytest.raises(ArchiveError, match="more than 32 MiB"):
        read_all(zip_with(*((named(f"p/{index}"), text + text) for index in range(5))))
    with pytest.raises(ArchiveError, match="more than 1000"):
        read_all(zip_with(*((named(f"p/{index}"), b"") for index in range(1001))))


def test_an_entry_that_lies_about_its_size_is_refused() -> None:
    content = bytearray(zip_with((named("p/zeros"), bytes(50_123_457))))
    honest, lie = struct.pack("<I", 50_123_457), struct.pack("<I", 10)
    assert content.count(honest) == 2  # in the local header and in the directory
    with pytest.raises(ArchiveError):
        read_all(bytes(content).replace(honest, lie))


@pytest.mark.parametrize(
    "content", [b"", b"not a zip", b"PK\x03\x04" + bytes(100), b"PK\x05\x06" + b"\xff" * 18]
)
def test_what_is_not_a_zip_is_refused(content: bytes) -> None:
    with pytest.raises(ArchiveError):
        read_all(content)


def test_a_damaged_zip_is_refused_at_every_truncation_and_flip(make: Any) -> None:
    good = make.zip({"p/a.py": "x = 1\n" * 50, "p/b.py": "y = 2\n" * 50})
    for cut in range(0, len(good), 7):
        with pytest.raises(ArchiveError):
            read_all(good[:cut])
    for place in range(len(good)):
        flipped = bytearray(good)
        flipped[place] ^= 0xFF
        try:
            files = read_all(bytes(flipped))
        except ArchiveError:
            continue
        assert all(path.parts[0] not in {"..", "/"} for path in files)


def test_a_password_or_an_unusual_compression_is_refused() -> None:
    content = bytearray(zip_with((named("p/a.py"), b"x" * 100)))
    local, central = content.find(b"PK\x03\x04"), content.find(b"PK\x01\x02")
    encrypted = bytearray(content)
    encrypted[local + 6] |= 1
    encrypted[central + 8] |= 1
    with pytest.raises(ArchiveError, match="password"):
        read_all(bytes(encrypted))
    content[local + 8] = content[central + 10] = 12
    with pytest.raises(ArchiveError):
        read_all(bytes(content))


def test_zlib_errors_become_archive_errors(make: Any) -> None:
    good = make.zip({"p/a.py": zlib.compress(bytes(1000)) + b"x" * 1000})
    start = good.find(b"p/a.py") + 6
    with pytest.raises(ArchiveError, match="damaged"):
        read_all(good[:start] + b"\xff" * 20 + good[start + 20 :])

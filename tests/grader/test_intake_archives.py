"""Zips from strangers: read as they are, or refused in one sentence, before anything is unpacked."""

from __future__ import annotations

import io
import random
import stat
import struct
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.errors import BadSubmissionError, TooLargeSubmissionError
from grader.intake import LARGEST_ARRIVAL, ArchiveError, UploadedFile, open_archive, take_in

PROBLEMS = ["alpha", "beta"]


def entry(name: str, mode: int = 0, method: int = zipfile.ZIP_DEFLATED) -> zipfile.ZipInfo:
    made = zipfile.ZipInfo("x")
    made.filename = name
    made.external_attr = mode << 16
    made.compress_type = method
    return made


def zipped(*members: tuple[zipfile.ZipInfo | str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return out.getvalue()


def taken(content: bytes) -> dict[str, bytes]:
    return dict(take_in([UploadedFile("hw.zip", content)], PROBLEMS).files)


def refusal(content: bytes) -> str:
    with pytest.raises(BadSubmissionError) as caught:
        taken(content)
    sentence = str(caught.value)
    assert sentence.startswith("hw.zip ")
    assert sentence.endswith(".")
    assert ": " in sentence, "it says what to do next"
    assert sentence.isprintable()
    assert len(sentence) < 400
    return sentence


GOOD = zipped(("alpha.py", b"x = 1\n" * 50), ("notes.txt", b"mine"))


# What students' machines make ----------------------------------------------------------------------


def test_a_macs_zip_is_taken() -> None:
    """One folder, shadows, Finder's files, names in decomposed UTF-8 without the mark for it."""
    content = zipped(
        ("pset1/", b""),
        ("pset1/.DS_Store", b"\0\1"),
        ("pset1/alpha.py", b"1"),
        ("pset1/Icon\r", b""),
        ("__MACOSX/", b""),
        ("__MACOSX/pset1/._alpha.py", b"\0\5\x16\7"),
        ("__MACOSX/pset1/alpha.py", b"2"),
        ("pset1/u\u0308bung.txt", b""),
    )
    assert taken(content) == {"alpha": b"1"}


def test_a_windows_zip_is_taken() -> None:
    """Backslashes between parts, and names in the IBM PC's character set."""
    content = zipped(("pset1/alpha.py", b"1"), ("pset1/Uebung.txt", b""))
    content = content.replace(b"pset1/", b"pset1\\").replace(b"Uebung.txt", b"\x9abung\xe1.txt")
    assert taken(content) == {"alpha": b"1"}


def test_a_zip_written_to_a_pipe_is_taken() -> None:
    """Then sizes and checksum follow the data, and the header in front of it has zeros."""

    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.written = bytearray()

        def writable(self) -> bool:
            return True

        def write(self, data: object) -> int:
            self.written += bytes(data)  # type: ignore[call-overload]
            return len(bytes(data))  # type: ignore[call-overload]

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[call-overload]
        archive.writestr("alpha.py", b"1" * 100)
        with archive.open("beta.py", "w", force_zip64=True) as stream:
            stream.write(b"2")
    assert taken(bytes(pipe.written)) == {"alpha": b"1" * 100, "beta": b"2"}


def test_a_comment_and_stored_files_are_no_reason_to_refuse() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        archive.comment = b"40a3f6c made by a website"
        archive.writestr("pset1-main/alpha.py", b"1")
    assert taken(out.getvalue()) == {"alpha": b"1"}


@given(
    files=st.dictionaries(st.sampled_from(["alpha.py", "beta.py"]), st.binary(max_size=3000), min_size=1),
    folder=st.sampled_from(["", "pset1/", "my homework/", "übung/"]),
    method=st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]),
)
@settings(max_examples=60, deadline=None)
def test_an_honest_zip_reads_as_zipfile_reads_it(files: dict[str, bytes], folder: str, method: int) -> None:
    archive = open_archive(
        zipped(*((entry(folder + name, method=method), data) for name, data in files.items()))
    )
    assert {member.path: archive.read(member, 3000) for member in archive.members} == {
        folder + name: data for name, data in files.items()
    }


# Names that are more than names --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("../alpha.py", "leads out of its folder"),
        ("a/../../alpha.py", "leads out of its folder"),
        ("..\\alpha.py", "leads out of its folder"),
        ("/etc/alpha.py", "is an absolute path"),
        ("//host/share/alpha.py", "is an absolute path"),
        ("\\\\host\\share\\alpha.py", "is an absolute path"),
        ("C:/alpha.py", "is an absolute path"),
        ("c:alpha.py", "is an absolute path"),
        ("a//alpha.py", "is not a plain path"),
        ("NUL.py", "Windows keeps for a device"),
        ("a/aux", "Windows keeps for a device"),
        ("com1 .txt", "Windows keeps for a device"),
        ("CONOUT$", "Windows keeps for a device"),
        ("a\x1b[2Jb.py", "control characters"),
        ("alpha.py\0.txt", "control characters"),
        ("alpha.py\r\n", "control characters"),
        ("n" * 256, "too long a name"),
        ("deep/" * 300 + "x", "too long a name"),
    ],
)
def test_a_name_that_tricks_is_refused(name: str, words: str) -> None:
    assert words in refusal(zipped(("beta.py", b"1"), (entry(name), b"2")))


@pytest.mark.parametrize(
    ("one", "other", "words"),
    [
        ("alpha.py", "ALPHA.py", "are one name on some systems"),
        ("caf\u00e9.txt", "cafe\u0301.txt", "twice"),
        ("a/Stra\u00dfe", "a/STRASSE", "are one name on some systems"),
        ("notes.txt", "notes.txt. ", "are one name on some systems"),
    ],
)
def test_names_that_are_one_on_some_system_are_refused(one: str, other: str, words: str) -> None:
    assert words in refusal(zipped((entry(one), b"1"), (entry(other), b"2")))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_twice_is_refused() -> None:
    assert "it holds alpha.py twice" in refusal(zipped(("alpha.py", b"1"), ("alpha.py", b"2")))


def test_a_name_that_is_not_in_the_encoding_it_claims_is_refused() -> None:
    content = zipped(("é.txt", b""), ("alpha.py", b"1")).replace("é".encode(), b"\xff\xfe")
    assert "not in the encoding it claims" in refusal(content)


# Things that are no files --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO, stat.S_IFSOCK, stat.S_IFDIR]
)
def test_links_devices_and_pipes_are_refused(kind: int) -> None:
    sentence = refusal(zipped(("beta.py", b"1"), (entry("alpha.py", kind | 0o777), b"/etc/passwd")))
    assert ("is a link" if kind == stat.S_IFLNK else "is a device or another thing") in sentence


def test_a_zip_in_a_zip_is_refused() -> None:
    assert "it holds another one, inner.zip" in refusal(zipped(("alpha.py", b"1"), ("inner.zip", GOOD)))


# Bombs ---------------------------------------------------------------------------------------------


def peak(action: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        action()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def overlapping(count: int) -> bytes:
    """Many names for one run of data, each saying that it is its own (after David Fifield's zip bomb)."""
    data = zlib.compress(bytes(2**20), 9)[2:-4]
    crc = zlib.crc32(bytes(2**20))
    out, listed = bytearray(), bytearray()
    for number in range(count):
        name = f"{number:05}.py".encode()
        sizes = (crc, len(data), 2**20)
        start = len(out)
        out += struct.pack("<4s5H3L2H", b"PK\3\4", 20, 0, 8, 0, 0, *sizes, len(name), 0) + name
        listed += struct.pack(
            "<4s6H3L5H2L", b"PK\1\2", 20, 20, 0, 8, 0, 0, *sizes, len(name), 0, 0, 0, 0, 0, start
        )
        listed += name
    out += data
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, len(listed), len(out), 0)
    return bytes(out + listed + end)


def test_overlapping_entries_are_refused() -> None:
    content = overlapping(40)
    assert "files in it overlap" in refusal(content) or "would unpack" in refusal(content)
    plain = bytearray(zipped(("alpha.py", b"1"), ("beta.py", b"1")))
    second = plain.rindex(b"PK\1\2")
    plain[second + 42 : second + 46] = struct.pack("<L", 0)
    assert "does not agree" in refusal(bytes(plain))


@pytest.mark.parametrize(
    ("bomb", "words"),
    [
        (lambda: zipped(("alpha.py", bytes(200 * 2**20))), "times its size"),
        (lambda: zipped(("data/zeros", bytes(100 * 2**20)), ("alpha.py", b"1")), "times its size"),
        (lambda: zipped(*((f"d/{n}", bytes(2**20)) for n in range(80))), "unpacks to more than 64 MiB"),
        (lambda: zipped(*((f"d/{n}", b"") for n in range(2001))), "holds 2,001 files"),
        (lambda: zipped(("alpha.py", bytes(2**18 + 1))), "alpha.py in it is larger than 256 KiB"),
        (
            lambda: zipped(("alpha.ipynb", random.Random(1).randbytes(2**21 + 1).hex().encode())),
            "in it is larger than 4096 KiB",
        ),
        (lambda: overlapping(1500), "would unpack|overlap"),
    ],
    ids=["one", "beside", "many", "names", "large", "notebook", "overlapping"],
)
def test_a_bomb_is_refused_in_little_memory(bomb: Callable[[], bytes], words: str) -> None:
    content = bomb()

    def attempt() -> None:
        with pytest.raises(BadSubmissionError, match=words):
            taken(content)

    assert peak(attempt) < 8 * 2**20


def test_more_than_is_taken_at_once_is_refused_unread() -> None:
    half = UploadedFile("a.zip", bytes(LARGEST_ARRIVAL // 2 + 1))
    with pytest.raises(TooLargeSubmissionError, match="More than 4 MiB was handed in"):
        take_in([half, UploadedFile("b.zip", half.content)], PROBLEMS)


# Zips that lie -------------------------------------------------------------------------------------

LOCAL, LISTED, END = b"PK\3\4", b"PK\1\2", b"PK\5\6"


def changed(signature: bytes, offset: int, value: bytes, content: bytes = GOOD) -> bytes:
    place = content.index(signature) + offset
    return content[:place] + value + content[place + len(value) :]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not a zip file"),
        (b"PK nothing", "not a zip file"),
        (GOOD[:-1], "not a zip file"),
        (GOOD + b"\0", "something follows its end"),
        (b"#!/bin/sh\n" + GOOD, "not where it should be"),
        (changed(END, 4, b"\1"), "one part of several"),
        (changed(END, 8, b"\1\0"), "one part of several"),
        (changed(END, 8, b"\1\0\1\0"), "longer than it says"),
        (changed(END, 8, b"\3\0\3\0"), "breaks off|damaged"),
        (changed(END, 12, b"\xff\xff\xff\xff"), "zip64"),
        (changed(END, 16, b"\xff\xff\xff\xff"), "zip64"),
        (changed(END, 16, b"\1\0\0\0"), "not where it should be"),
        (changed(LISTED, 8, b"\1"), "protected by a password"),
        (changed(LISTED, 10, b"\x0c"), "compressed in an unusual way"),
        (changed(LISTED, 10, b"\0"), "tells two sizes"),
        (changed(LISTED, 20, b"\xff\xff\xff\xff"), "zip64"),
        (changed(LISTED, 24, b"\xff\xff\xff\xff"), "zip64"),
        (changed(LISTED, 24, b"\1\0\0\0"), "does not agree"),
        (changed(LISTED, 42, b"\xff\xff\xff\xff"), "zip64"),
        (changed(LISTED, 42, b"\1\0\0\0"), "does not agree"),
        (changed(LISTED, 46, b"b"), "does not agree"),
        (changed(LOCAL, 30, b"b"), "does not agree"),
        (changed(LOCAL, 8, b"\0"), "does not agree"),
        (changed(LOCAL, 22, b"\1\0\0\0"), "does not agree"),
        (changed(LOCAL, 26, b"\xff\xff"), "does not agree"),
        (changed(LISTED, 16, b"\1\2\3\4", changed(LOCAL, 14, b"\1\2\3\4")), "it is damaged"),
        (changed(LISTED, 24, b"\1\0\0\0", changed(LOCAL, 22, b"\1\0\0\0")), "it is damaged"),
        (changed(b"alpha.py", 8, b"\xff\xff\xff"), "it is damaged"),
    ],
)
def test_a_zip_that_lies_is_refused(content: bytes, words: str) -> None:
    sentence = refusal(content)
    assert any(word in sentence for word in words.split("|")), sentence


def test_a_zip_for_huge_files_is_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("alpha.py", b"1")
    plain = out.getvalue()
    end = plain.rindex(END)
    record = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, 1, 1, 54, end - 54)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, end, 1)
    assert "zip64" in refusal(plain[:end] + record + locator + plain[end:])


# Any bytes -----------------------------------------------------------------------------------------


def require_taken_or_refused(content: bytes) -> None:
    try:
        files = taken(content)
    except BadSubmissionError as error:
        assert str(error).isprintable()  # noqa: PT017 - or it was taken
    else:
        assert set(files) <= set(PROBLEMS)
        assert all(len(source) <= 256 * 1024 for source in files.values())


@given(st.binary(max_size=400))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_taken_or_refused(content: bytes) -> None:
    require_taken_or_refused(content)
    require_taken_or_refused(content + GOOD)
    require_taken_or_refused(GOOD + content)


@given(
    st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), min_size=1, max_size=4),
    st.integers(0, 3),
)
@settings(max_examples=300, deadline=None)
def test_a_zip_with_some_bytes_changed_is_taken_or_refused(changes: list[tuple[int, int]], cut: int) -> None:
    content = bytearray(GOOD)
    for place, value in changes:
        content[place] = value
    require_taken_or_refused(bytes(content[: len(content) - cut]))


def test_every_single_byte_of_the_lists_may_lie() -> None:
    start = GOOD.index(LISTED)
    for place in [*range(30), *range(start, len(GOOD))]:
        for value in (0x00, 0x01, 0x7F, 0xFF):
            require_taken_or_refused(GOOD[:place] + bytes([value]) + GOOD[place + 1 :])


def test_no_refusal_is_an_archive_error() -> None:
    with pytest.raises(ArchiveError, match="not a zip file"):
        open_archive(b"")
    assert not issubclass(ArchiveError, BadSubmissionError)

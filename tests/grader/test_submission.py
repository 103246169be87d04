"""Submissions: what can be handed in, and a sentence for everything that cannot."""

from __future__ import annotations

import stat
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from grader import BadSubmissionError, PackageError, ProblemSet, Submission
from grader.intake import LARGEST_SOURCE

MakePset = Callable[..., ProblemSet]


@pytest.fixture
def pset(make_pset: MakePset) -> ProblemSet:
    return make_pset(alpha={}, beta={})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "mine"
    path.mkdir()
    return path


def zipped(path: Path, *entries: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return path


# Ways of handing in ------------------------------------------------------------------------------


def test_a_folder_gives_the_files_of_the_problems_and_leaves_the_others(
    pset: ProblemSet, folder: Path
) -> None:
    (folder / "alpha.py").write_bytes(b"x = 1\n")
    (folder / "notes.txt").write_bytes(b"\xff")
    (folder / "beta.py").mkdir()
    assert dict(Submission.read(folder, pset).files) == {"alpha": b"x = 1\n"}


def test_a_zip_gives_the_files_at_its_top_or_in_its_one_folder(pset: ProblemSet, tmp_path: Path) -> None:
    flat = zipped(tmp_path / "flat.zip", ("alpha.py", b"1"), ("notes.txt", b"\xff"))
    nested = zipped(tmp_path / "nested.zip", ("mine/", b""), ("mine/alpha.py", b"1"), ("mine/beta.py", b"2"))
    assert dict(Submission.read(flat, pset).files) == {"alpha": b"1"}
    assert dict(Submission.read(nested, pset).files) == {"alpha": b"1", "beta": b"2"}


def test_what_lies_deeper_in_a_zip_or_in_a_macs_shadow_is_left_alone(
    pset: ProblemSet, tmp_path: Path
) -> None:
    path = zipped(
        tmp_path / "a.zip",
        ("mine/alpha.py", b"1"),
        ("__MACOSX/mine/._alpha.py", b"\0\5\x16\7"),
        ("__MACOSX/mine/alpha.py", b"2"),
        ("mine/old/beta.py", b"3"),
    )
    assert dict(Submission.read(path, pset).files) == {"alpha": b"1"}


def test_a_single_file_is_named_after_its_problem_or_comes_with_it(pset: ProblemSet, folder: Path) -> None:
    (folder / "alpha.py").write_bytes(b"1")
    (folder / "attempt 3.py").write_bytes(b"2")
    assert dict(Submission.read(folder / "alpha.py", pset).files) == {"alpha": b"1"}
    assert dict(Submission.read(folder / "attempt 3.py", pset, "beta").files) == {"beta": b"2"}
    with pytest.raises(
        BadSubmissionError,
        match=r"attempt 3.py” is not a file of this problem set. It takes alpha.py, beta.py",
    ):
        Submission.read(folder / "attempt 3.py", pset)


def test_one_problem_can_be_picked_from_a_folder_or_zip(pset: ProblemSet, folder: Path) -> None:
    for name in ("alpha.py", "beta.py"):
        (folder / name).write_bytes(b"1")
    path = zipped(folder / "both.zip", ("alpha.py", b"1"), ("beta.py", b"2"))
    assert set(Submission.read(folder, pset, "beta").files) == {"beta"}
    assert set(Submission.read(path, pset, "beta").files) == {"beta"}
    for where in (folder, path, folder / "alpha.py"):
        with pytest.raises(PackageError, match="no problem 'gamma'"):
            Submission.read(where, pset, "gamma")


def test_what_the_service_received_is_taken_by_file_name(pset: ProblemSet) -> None:
    got = Submission.from_files({"beta.py": b"2", "alpha.py": b"1"}, pset)
    assert dict(got.files) == {"alpha": b"1", "beta": b"2"}
    with pytest.raises(
        BadSubmissionError, match=r"gamma.py is not a file of pset1; it takes alpha.py, beta.py"
    ):
        Submission.from_files({"alpha.py": b"1", "gamma.py": b""}, pset)
    with pytest.raises(BadSubmissionError, match="No file was sent"):
        Submission.from_files({}, pset)


def test_the_digest_names_the_contents_not_the_way(pset: ProblemSet, folder: Path, tmp_path: Path) -> None:
    (folder / "alpha.py").write_bytes(b"1")
    (folder / "beta.py").write_bytes(b"2")
    path = zipped(tmp_path / "a.zip", ("mine/beta.py", b"2"), ("mine/alpha.py", b"1"))
    digests = {
        Submission.read(folder, pset).digest,
        Submission.read(path, pset).digest,
        Submission.from_files({"beta.py": b"2", "alpha.py": b"1"}, pset).digest,
    }
    assert len(digests) == 1
    for other in (
        {"alpha.py": b"1"},
        {"alpha.py": b"2", "beta.py": b"1"},
        {"alpha.py": b"1", "beta.py": b"2\n"},
    ):
        assert Submission.from_files(other, pset).digest not in digests


# What is not text --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"x = '\xe9'\n", "alpha.py.* is not UTF-8 text"),
        ("x = 1".encode("utf-16"), "alpha.py.* is not UTF-8 text"),
        (b"x = 1\0", "alpha.py.* is not a text file"),
        (b"#" * (LARGEST_SOURCE + 1), "alpha.py.* is larger than 256 KiB"),
    ],
    ids=["latin-1", "utf-16", "NUL", "too large"],
)
def test_what_is_not_python_text_of_a_sane_size_is_refused_everywhere(
    pset: ProblemSet, folder: Path, content: bytes, words: str
) -> None:
    (folder / "alpha.py").write_bytes(content)
    path = zipped(folder / "a.zip", ("alpha.py", content))
    for attempt in (
        lambda: Submission.from_files({"alpha.py": content}, pset),
        lambda: Submission.read(folder, pset),
        lambda: Submission.read(folder / "alpha.py", pset),
        lambda: Submission.read(path, pset),
    ):
        with pytest.raises(BadSubmissionError, match=words):
            attempt()


def test_the_largest_file_an_empty_one_and_one_with_a_byte_order_mark_are_taken(pset: ProblemSet) -> None:
    for content in (b"#" * LARGEST_SOURCE, b"", b"\xef\xbb\xbfx = 1\r\n"):
        assert Submission.from_files({"alpha.py": content}, pset).files["alpha"] == content


# What is not there -------------------------------------------------------------------------------


def test_what_is_not_there_is_said(pset: ProblemSet, folder: Path) -> None:
    with pytest.raises(BadSubmissionError, match=r"There is no .*nowhere. Name the folder or file"):
        Submission.read(folder / "nowhere", pset)
    with pytest.raises(BadSubmissionError, match=r"holds none of alpha.py, beta.py"):
        Submission.read(folder, pset)
    with pytest.raises(BadSubmissionError, match=r"holds none of alpha.py, beta.py"):
        Submission.read(zipped(folder / "a.zip", ("gamma.py", b"1")), pset)
    with pytest.raises(BadSubmissionError, match=r"holds none of alpha.py, beta.py"):
        Submission.read(zipped(folder / "b.zip"), pset)


def test_a_file_that_may_not_be_read_is_said(
    pset: ProblemSet, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "alpha.py").write_bytes(b"1")

    def refuse(self: Path, mode: str) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(BadSubmissionError, match=r"alpha.py cannot be read \(Permission denied\)"):
        Submission.read(folder, pset)


# Links and archives that lie ---------------------------------------------------------------------


def test_a_link_out_of_the_folder_is_refused_and_one_inside_is_followed(
    pset: ProblemSet, folder: Path
) -> None:
    reference = pset.problems[0].folder / "reference.py"
    (folder / "alpha.py").symlink_to(reference)
    with pytest.raises(BadSubmissionError, match=r"alpha.py is a link to a file outside"):
        Submission.read(folder, pset)
    (folder / "alpha.py").unlink()
    (folder / "attempt3.py").write_bytes(b"3")
    (folder / "alpha.py").symlink_to("attempt3.py")
    assert dict(Submission.read(folder, pset).files) == {"alpha": b"3"}


def test_a_folder_that_is_itself_a_link_is_read(pset: ProblemSet, folder: Path, tmp_path: Path) -> None:
    (folder / "alpha.py").write_bytes(b"1")
    (tmp_path / "link").symlink_to(folder)
    assert set(Submission.read(tmp_path / "link", pset).files) == {"alpha"}


def test_a_link_in_a_zip_is_refused(pset: ProblemSet, tmp_path: Path) -> None:
    entry = zipfile.ZipInfo("alpha.py")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(entry, "/etc/passwd")
    with pytest.raises(BadSubmissionError, match=r"alpha.py in it is a link"):
        Submission.read(tmp_path / "a.zip", pset)


def test_a_file_twice_in_a_zip_is_refused(pset: ProblemSet, tmp_path: Path) -> None:
    for entries in (
        [("alpha.py", b"1"), ("mine/alpha.py", b"2")],
        [("a/alpha.py", b"1"), ("b/alpha.py", b"1")],
    ):
        with pytest.raises(
            BadSubmissionError,
            match=r"alpha is handed in twice, by .*alpha.py in a.zip and by .*alpha.py in a.zip: keep one",
        ):
            Submission.read(zipped(tmp_path / "a.zip", *entries), pset)


@pytest.mark.parametrize("name", ["../alpha.py", "/beta.py", "../../up/beta.py"])
def test_a_path_in_a_zip_leads_nowhere(pset: ProblemSet, tmp_path: Path, name: str) -> None:
    before = sorted(tmp_path.rglob("*"))
    path = zipped(tmp_path / "a.zip", ("alpha.py", b"1"), (name, b"2"))
    with pytest.raises(BadSubmissionError, match=r"which (leads out of its folder|is an absolute path)"):
        Submission.read(path, pset)
    assert sorted(tmp_path.rglob("*")) == sorted([*before, path])


def test_a_zip_that_grows_when_unpacked_is_read_no_further_than_it_may(
    pset: ProblemSet, tmp_path: Path
) -> None:
    path = zipped(tmp_path / "bomb.zip", ("alpha.py", bytes(200 * 2**20)))
    assert path.stat().st_size < 2**20
    tracemalloc.start()
    try:
        with pytest.raises(BadSubmissionError, match="would unpack to 1,029 times its size"):
            Submission.read(path, pset)
        assert tracemalloc.get_traced_memory()[1] < 20 * 2**20
    finally:
        tracemalloc.stop()


def test_a_zip_whose_header_lies_about_a_size_is_refused(pset: ProblemSet, tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", ("alpha.py", b"#" * (LARGEST_SOURCE + 10)))
    data = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\1\2", 24), (b"PK\3\4", 22)):
        place = data.index(signature) + offset
        data[place : place + 4] = struct.pack("<I", 10)
    path.write_bytes(data)
    with pytest.raises(BadSubmissionError):
        Submission.read(path, pset)


def test_a_zip_of_too_many_files_is_refused(pset: ProblemSet, tmp_path: Path) -> None:
    entries = [(f"data/{number}", b"") for number in range(2_001)]
    with pytest.raises(BadSubmissionError, match="holds 2,001 files: zip only the files that you wrote"):
        Submission.read(zipped(tmp_path / "a.zip", *entries), pset)


@pytest.mark.parametrize(
    "method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
)
def test_a_damaged_zip_is_read_or_refused_in_words(pset: ProblemSet, tmp_path: Path, method: int) -> None:
    whole = zipped(tmp_path / "a.zip", ("alpha.py", b"x = 1\n" * 30), method=method).read_bytes()
    path = tmp_path / "damaged.zip"
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x41]) + whole[place + 1 :])
        try:
            Submission.read(path, pset)
        except BadSubmissionError as error:
            assert "damaged.zip" in str(error) or "alpha.py" in str(error)  # noqa: PT017 - or it was read


def test_an_encrypted_zip_is_refused(pset: ProblemSet, tmp_path: Path) -> None:
    data = bytearray(zipped(tmp_path / "a.zip", ("alpha.py", b"1")).read_bytes())
    data[data.index(b"PK\1\2") + 8] |= 1
    data[data.index(b"PK\3\4") + 6] |= 1
    (tmp_path / "a.zip").write_bytes(data)
    with pytest.raises(BadSubmissionError, match="protected by a password: zip your files without one"):
        Submission.read(tmp_path / "a.zip", pset)


def test_a_file_that_is_called_zip_and_is_none_is_refused(pset: ProblemSet, tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"PK nothing")
    for problem in (None, "alpha"):
        with pytest.raises(BadSubmissionError, match=r"a.zip cannot be taken because it is not a zip file"):
            Submission.read(tmp_path / "a.zip", pset, problem)

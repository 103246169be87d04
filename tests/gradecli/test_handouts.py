"""Unpacking: never outside the folder, never over a student's work."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from gradecli.errors import BadInputError, PlatformError
from gradecli.handouts import Origin, origin_of, read_handout, unpack

ORIGIN = Origin(url="https://grade.example.edu", course="dl", pset="pset1")


def files(**contents: str) -> dict[PurePosixPath, bytes]:
    return {
        PurePosixPath(name.replace("__", "/").replace("_", ".")): text.encode()
        for name, text in contents.items()
    }


def everything_in(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_a_handout_is_read_relative_to_its_folder(make: Any) -> None:
    read = read_handout(make.zip(make.handout), "pset1")
    assert PurePosixPath("linear.py") in read
    assert PurePosixPath(".gradecli/checks/linear.json") in read


@pytest.mark.parametrize(
    "entries",
    [
        {},
        {"pset2/a.py": "x"},
        {"a.py": "x"},
        {"pset1/../pset2/a.py": "x"},
        {"pset1/a.py": "x", "pset2/a.py": "x"},
        {"pset1": "x"},
        {"pset1/a.py": "x", "pset1/.gradecli/origin.json": "{}"},
    ],
)
def test_what_is_not_this_sets_handout_is_refused(make: Any, entries: dict[str, str]) -> None:
    with pytest.raises(PlatformError, match="nothing was written"):
        read_handout(make.zip(entries), "pset1")


def test_the_first_time_everything_is_written(tmp_path: Path) -> None:
    done = unpack(files(a_py="1", deep__b_md="2"), tmp_path / "pset1", ORIGIN)
    assert done.written == ["a.py", "deep/b.md"]
    assert everything_in(tmp_path) == {"pset1/a.py", "pset1/deep/b.md", "pset1/.gradecli/origin.json"}
    origin = origin_of(tmp_path / "pset1")
    assert origin is not None
    assert (origin.course, set(origin.files)) == ("dl", {"a.py", "deep/b.md"})


def test_again_updates_what_was_not_touched_and_keeps_what_was(tmp_path: Path) -> None:
    unpack(files(a_py="1", b_py="1", c_py="1"), tmp_path, ORIGIN)
    (tmp_path / "a.py").write_text("my work")
    (tmp_path / "c.py").unlink()
    done = unpack(files(a_py="2", b_py="2", c_py="2"), tmp_path, ORIGIN)
    assert (done.kept, done.written, done.replaced) == (["a.py"], ["b.py", "c.py"], {})
    assert [(tmp_path / name).read_text() for name in ("a.py", "b.py", "c.py")] == ["my work", "2", "2"]


def test_work_is_still_kept_the_third_time(tmp_path: Path) -> None:
    for version in ("1", "2", "3"):
        unpack(files(a_py=version), tmp_path, ORIGIN)
        (tmp_path / "a.py").write_text("my work")
    assert unpack(files(a_py="4"), tmp_path, ORIGIN).kept == ["a.py"]
    assert (tmp_path / "a.py").read_text() == "my work"


def test_a_file_that_was_there_before_the_handout_is_the_students(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("mine, from elsewhere")
    assert unpack(files(a_py="1"), tmp_path, ORIGIN).kept == ["a.py"]
    assert unpack(files(a_py="1"), tmp_path, ORIGIN).kept == ["a.py"]


def test_force_replaces_and_keeps_the_students_version_beside(tmp_path: Path) -> None:
    unpack(files(a_py="1"), tmp_path, ORIGIN)
    for work in ("first", "second"):
        (tmp_path / "a.py").write_text(work)
        unpack(files(a_py="2"), tmp_path, ORIGIN, force=True)
    assert (tmp_path / "a.py").read_text() == "2"
    assert [(tmp_path / f"a.py.mine-{n}").read_text() for n in (1, 2)] == ["first", "second"]


def test_a_link_in_the_folder_is_never_followed(tmp_path: Path) -> None:
    outside, folder = tmp_path / "outside", tmp_path / "pset1"
    outside.mkdir()
    folder.mkdir()
    (folder / "deep").symlink_to(outside, target_is_directory=True)
    with pytest.raises(BadInputError, match="a link"):
        unpack(files(a_py="1", deep__b_md="2"), folder, ORIGIN)
    (folder / "deep").unlink()
    (outside / "precious").write_text("precious")
    (folder / "a.py").symlink_to(outside / "precious")
    with pytest.raises(BadInputError, match="a link"):
        unpack(files(a_py="1"), folder, ORIGIN, force=True)
    assert everything_in(outside) == {"precious"}
    assert (outside / "precious").read_text() == "precious"
    assert not (folder / ".gradecli").exists()  # nothing was written before all was looked at


def test_a_dangling_link_is_not_written_through(tmp_path: Path) -> None:
    folder = tmp_path / "pset1"
    folder.mkdir()
    (folder / "a.py").symlink_to(tmp_path / "elsewhere.py")
    with pytest.raises(BadInputError, match="a link"):
        unpack(files(a_py="1"), folder, ORIGIN)
    assert not (tmp_path / "elsewhere.py").exists()


def test_a_folder_or_file_in_the_way_is_left_there(tmp_path: Path) -> None:
    (tmp_path / "a.py").mkdir()
    with pytest.raises(BadInputError, match="a folder"):
        unpack(files(a_py="1"), tmp_path, ORIGIN)
    (tmp_path / "file").write_text("x")
    with pytest.raises(BadInputError, match="a file"):
        unpack(files(file__b_md="1"), tmp_path, ORIGIN)
    with pytest.raises(BadInputError, match="a file"):
        unpack(files(b_md="1"), tmp_path / "file", ORIGIN)


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_handed_out_files_are_ordinary_files(tmp_path: Path) -> None:
    unpack(files(a_py="1"), tmp_path, ORIGIN)
    assert (tmp_path / "a.py").stat().st_mode & 0o777 == 0o666 & ~_umask()


def _umask() -> int:
    current = os.umask(0o022)
    os.umask(current)
    return current


def test_a_damaged_origin_is_no_origin(tmp_path: Path) -> None:
    unpack(files(a_py="1"), tmp_path, ORIGIN)
    (tmp_path / ".gradecli" / "origin.json").write_text("{")
    assert origin_of(tmp_path) is None
    (tmp_path / "a.py").write_text("my work")
    assert unpack(files(a_py="2"), tmp_path, ORIGIN).kept == ["a.py"]

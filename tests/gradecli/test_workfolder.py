"""Which folder is meant, and what of it is handed in."""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from gradecli.errors import BadInputError
from gradecli.handouts import Origin, unpack
from gradecli.workfolder import find_folder, read_draft

PROBLEMS = ["linear", "softmax"]


def started(folder: Path, pset: str = "pset1") -> Path:
    content = {PurePosixPath("linear.py"): b"start", PurePosixPath("softmax.py"): b"start"}
    content[PurePosixPath(".gradecli/pset.json")] = json.dumps({"name": pset, "problems": []}).encode()
    unpack(content, folder, Origin(url="u", course="dl", pset=pset))
    return folder


def test_a_set_is_found_by_name_by_path_and_from_inside(tmp_path: Path) -> None:
    folder = started(tmp_path / "pset1")
    assert find_folder("pset1", tmp_path) == folder
    assert find_folder(str(folder), tmp_path.parent) == folder
    assert find_folder("pset1", folder) == folder
    assert find_folder(None, folder) == folder
    assert find_folder(None, tmp_path) == folder
    assert find_folder(".", folder) == folder


def test_a_renamed_folder_still_knows_its_set(tmp_path: Path) -> None:
    folder = started(tmp_path / "my homework")
    assert find_folder("pset1", folder) == folder


def test_a_folder_that_gradecli_did_not_make_can_be_handed_in(tmp_path: Path) -> None:
    (tmp_path / "pset1").mkdir()
    assert find_folder("pset1", tmp_path) == tmp_path / "pset1"


def test_it_says_what_to_do_when_there_is_none_or_several(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="gradecli start pset1"):
        find_folder("pset1", tmp_path)
    with pytest.raises(BadInputError, match="no problem set in this folder"):
        find_folder(None, tmp_path)
    started(tmp_path / "pset1")
    started(tmp_path / "pset2", "pset2")
    with pytest.raises(BadInputError, match="pset1, pset2"):
        find_folder(None, tmp_path)
    with pytest.raises(BadInputError, match="gradecli start pset2"):
        find_folder("pset2", tmp_path / "pset1")


def test_only_the_sets_files_are_read(tmp_path: Path) -> None:
    folder = started(tmp_path / "pset1")
    (folder / "linear.py").write_bytes(b"mine\r\n")
    (folder / "diary.txt").write_text("private")
    draft = read_draft(folder, PROBLEMS)
    assert draft.files == {"linear.py": b"mine\r\n", "softmax.py": b"start"}
    assert (draft.missing, draft.untouched) == ((), ("softmax.py",))


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    folder = started(tmp_path / "pset1")
    (folder / "softmax.py").unlink()
    assert read_draft(folder, PROBLEMS).missing == ("softmax.py",)


def test_a_zip_and_a_single_file_can_be_handed_in(tmp_path: Path, make: Any) -> None:
    (tmp_path / "hw.ZIP").write_bytes(make.zip({"hw/linear.py": "z", "hw/notes": "n"}))
    assert read_draft(tmp_path / "hw.ZIP", PROBLEMS).sources == {"linear": b"z"}
    (tmp_path / "linear.py").write_text("one")
    draft = read_draft(tmp_path / "linear.py", PROBLEMS)
    assert (draft.files, draft.missing) == ({"linear.py": b"one"}, ("softmax.py",))


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("other.py", b"x", "other.py is not a file of this problem set"),
        ("empty.zip", None, "empty.zip holds none of linear.py, softmax.py"),
        ("bad.zip", b"not a zip", "bad.zip cannot be taken"),
        ("linear.py", bytes(9 * 2**20), "More than 4 MiB"),
        ("nothing.py", None, "There is no "),
    ],
)
def test_what_cannot_be_handed_in_is_explained(
    tmp_path: Path, make: Any, name: str, content: bytes | None, complaint: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    elif name.endswith(".zip"):
        (tmp_path / name).write_bytes(make.zip({"readme": "x"}))
    with pytest.raises(BadInputError, match=complaint):
        read_draft(tmp_path / name, PROBLEMS)


def test_an_empty_folder_is_nothing_to_hand_in(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"It should have: linear.py, softmax.py"):
        read_draft(tmp_path, PROBLEMS)

"""What is kept on the machine is private and replaced whole."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gradecli.errors import NotLoggedInError
from gradecli.home import Credentials, Home, replace_file

ADA = Credentials(url="https://grade.example.edu", token="secret", user_id="7", name="Ada")


def test_the_log_in_is_kept_where_only_its_owner_reads_it(home: Home) -> None:
    home.save_credentials(ADA)
    assert home.credentials() == ADA
    if os.name == "posix":
        assert (home.folder / "credentials.json").stat().st_mode & 0o777 == 0o600
        assert home.folder.stat().st_mode & 0o777 == 0o700


def test_permissions_that_were_too_wide_are_closed(home: Home) -> None:
    home.save_credentials(ADA)
    (home.folder / "credentials.json").chmod(0o644)
    home.save_credentials(ADA)
    if os.name == "posix":
        assert (home.folder / "credentials.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", [None, b"", b"{", b'{"url": "x"}', b"\xff"])
def test_no_log_in_or_a_damaged_one_says_to_log_in(home: Home, content: bytes | None) -> None:
    if content is not None:
        replace_file(home.folder / "credentials.json", content)
    with pytest.raises(NotLoggedInError, match="gradecli login URL"):
        home.credentials()


def test_forgetting_says_whether_there_was_anything(home: Home) -> None:
    home.save_credentials(ADA)
    assert home.forget_credentials()
    assert not home.forget_credentials()


def test_receipts_get_names_that_no_server_can_choose(home: Home) -> None:
    path = home.save_receipt("../../etc", "pset/1", "../../../x\x00", b"receipt")
    assert path.read_bytes() == b"receipt"
    assert path.resolve().is_relative_to((home.folder / "receipts").resolve())


def test_a_failed_write_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace_file(tmp_path / "x", b"old")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        replace_file(tmp_path / "x", b"new")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir() if path.is_file()] == [
        ("x", b"old")
    ]


def test_a_link_is_replaced_not_followed(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("precious")
    (tmp_path / "x").symlink_to(tmp_path / "target")
    replace_file(tmp_path / "x", b"new")
    assert ((tmp_path / "target").read_text(), (tmp_path / "x").read_text()) == ("precious", "new")


def test_the_home_can_be_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADECLI_HOME", str(tmp_path / "here"))
    assert Home().folder == tmp_path / "here"
    monkeypatch.delenv("GRADECLI_HOME")
    assert "gradecli" in Home().folder.name

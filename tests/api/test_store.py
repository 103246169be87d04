"""The content store and the keys."""

from __future__ import annotations

import threading
from hashlib import sha256

import pytest

from api.bootstrap import prepare
from api.errors import NoRoomError, StoreError
from api.keys import Keys
from api.settings import Settings
from api.store import ContentStore


@pytest.fixture
def store(tmp_path):
    made = ContentStore(tmp_path)
    made.create()
    return made


def test_what_is_put_can_be_got(store):
    name = store.put(b"hello")
    assert name == sha256(b"hello").hexdigest()
    assert store.put(b"hello") == name
    assert store.get(name) == b"hello"


def test_nothing_half_written_is_ever_seen(store, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(NoRoomError):
        store.put(b"lost")
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_damaged_or_missing_file_is_noticed(store, tmp_path):
    name = store.put(b"hello")
    (tmp_path / "blobs" / name[:2] / name).write_bytes(b"hullo")
    with pytest.raises(StoreError, match="damaged"):
        store.get(name)
    with pytest.raises(StoreError, match="missing"):
        store.get("0" * 64)


@pytest.mark.parametrize(
    "name", ["", "..", "../../etc/passwd", "A" * 64, "0" * 63, "0" * 64 + "\n", "/" + "0" * 63]
)
def test_a_name_is_a_digest_and_never_a_path(store, name):
    with pytest.raises(StoreError):
        store.get(name)
    with pytest.raises(StoreError):
        store.package(name)


def test_a_package_appears_whole_and_stays(store, tmp_path):
    for content in ("first", "second"):
        with store.staging_folder() as staging:
            (staging / "package" / "sub").mkdir(parents=True)
            (staging / "package" / "sub" / "file").write_text(content)
            store.keep_package(staging / "package", "sha256:abcdef")
    assert (store.package("sha256:abcdef") / "sub" / "file").read_text() == "first"
    assert list((tmp_path / "staging").iterdir()) == []
    with pytest.raises(StoreError, match="missing"):
        store.package("unknown-digest")


def test_writers_of_the_same_content_do_not_disturb_each_other(store):
    errors = []

    def put() -> None:
        try:
            for number in range(20):
                store.put(b"%d" % number)
        except OSError as error:
            errors.append(error)

    threads = [threading.Thread(target=put) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


def test_keys_are_made_once(tmp_path):
    made = Keys.create(tmp_path)
    assert Keys.create(tmp_path) == Keys.load(tmp_path) == made
    assert made.receipts != made.grading
    assert made.receipts.hex() not in repr(made)
    assert str(made.receipts) not in repr(made)


def test_a_missing_or_damaged_key_is_never_replaced_in_silence(tmp_path):
    settings = Settings(data=tmp_path / "data")
    prepare(settings)
    key = settings.data / "service.key"
    key.write_bytes(b"short")
    with pytest.raises(StoreError, match="backup"):
        prepare(settings)
    key.unlink()
    with pytest.raises(StoreError, match="backup"):
        prepare(settings)
    assert not key.exists()

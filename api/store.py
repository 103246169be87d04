"""Files that never change, found by what they contain.

A blob's name is the SHA-256 of its bytes; a package folder's name is its package's digest. Both
appear whole or not at all: written under a temporary name, flushed to the disk, then renamed.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from hashlib import file_digest, sha256
from io import BufferedReader
from pathlib import Path

from api.errors import NoRoomError, StoreError

__all__ = ["ContentStore", "Kept"]

_SHA256 = re.compile(r"[0-9a-f]{64}\Z")
_DIGEST = re.compile(r"[A-Za-z0-9][A-Za-z0-9:._-]{7,127}\Z")


@dataclass(frozen=True, slots=True)
class Kept:
    """Something that lies in the store, and how many bytes it takes."""

    name: str
    size: int


class ContentStore:
    """The store under one folder. Any number of processes may use it at the same time."""

    def __init__(self, root: Path) -> None:
        root = root.resolve()
        self._blobs = root / "blobs"
        self._packages = root / "packages"
        self._staging = root / "staging"

    def create(self) -> None:
        """Make the folders; the students' work in them is readable by this user only."""
        for folder in (self._blobs, self._packages, self._staging):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def try_to_write(self) -> None:
        """Write a little and take it away again.

        Raises:
            OSError: the store takes nothing at the moment.
        """
        trial = self._staging / f"trial-{secrets.token_hex(8)}"
        try:
            trial.write_bytes(bytes(4096))
        finally:
            trial.unlink(missing_ok=True)

    def put(self, content: bytes) -> str:
        """Keep ``content`` and return its SHA-256. On the disk for good when this returns.

        Raises:
            NoRoomError: the disk is full; nothing of it was kept.
        """
        name = sha256(content).hexdigest()
        # A file that was there before is young again from here on: a collection under way leaves it.
        with suppress(FileNotFoundError):
            os.utime(self._blob(name))
            return name
        self.put_stream([content], name)
        return name

    def put_stream(self, pieces: Iterable[bytes], name: str) -> None:
        """Keep what ``pieces`` add up to, whose SHA-256 must be ``name``.

        Raises:
            NoRoomError: the disk is full; nothing of it was kept.
            StoreError: its SHA-256 is another.
        """
        target, digest = self._blob(name), sha256()
        temporary = self._staging / secrets.token_hex(16)
        with _room():
            target.parent.mkdir(mode=0o700, exist_ok=True)
            try:
                with temporary.open("xb") as file:
                    for piece in pieces:
                        digest.update(piece)
                        file.write(piece)
                    file.flush()
                    os.fsync(file.fileno())
                if digest.hexdigest() != name:
                    msg = f"the bytes for the stored file {name[:12]} are not its own"
                    raise StoreError(msg)
                temporary.replace(target)
            finally:
                temporary.unlink(missing_ok=True)
            _flush_folder(target.parent)
            _flush_folder(self._blobs)

    def get(self, name: str) -> bytes:
        """The bytes whose SHA-256 is ``name``.

        Raises:
            StoreError: they are missing, or were damaged on the disk.
        """
        with self.open(name) as file:
            content = file.read()
        _require_undamaged(name, sha256(content).hexdigest())
        return content

    def open(self, name: str) -> BufferedReader:
        """The file whose SHA-256 is ``name``, for reading; whether it is undamaged is not looked at.

        Raises:
            StoreError: it is missing.
        """
        try:
            return self._blob(name).open("rb")
        except OSError as error:
            msg = f"stored file {name[:12]} is missing: restore the data folder from your backup"
            raise StoreError(msg) from error

    def verify(self, name: str) -> None:
        """Read the file whose SHA-256 is ``name``, in pieces.

        Raises:
            StoreError: it is missing or damaged.
        """
        with self.open(name) as file:
            _require_undamaged(name, file_digest(file, "sha256").hexdigest())

    def blobs_older_than(self, moment: datetime) -> tuple[Kept, ...]:
        """The files that were neither put nor put again since ``moment``."""
        files = (path for path in self._blobs.glob("*/*") if _SHA256.match(path.name))
        return tuple(_older(files, moment))

    def leftovers_older_than(self, moment: datetime) -> tuple[Kept, ...]:
        """What writers that were killed have left behind before ``moment``."""
        return tuple(_older(self._staging.iterdir(), moment))

    def remove_leftover(self, name: str) -> None:
        """Remove one of :meth:`leftovers_older_than`."""
        path = self._staging / Path(name).name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)

    def collect(self, name: str, before: datetime) -> bool:
        """Take the file called ``name`` off the disk, unless somebody has put it again since ``before``.

        It is moved aside first, and looked at there. Whoever puts it meanwhile either touched it
        before, and it comes back, or finds nothing and writes it anew.
        """
        target = self._blob(name)
        aside = self._staging / f"collected-{secrets.token_hex(8)}"
        try:
            target.rename(aside)
        except FileNotFoundError:
            return False
        if aside.stat().st_mtime >= before.timestamp():
            aside.rename(target)
            return False
        aside.unlink()
        return True

    @contextmanager
    def staging_folder(self) -> Iterator[Path]:
        """An empty folder on the store's own disk, to prepare a package in; removed at the end."""
        folder = self._staging / secrets.token_hex(16)
        with _room():
            folder.mkdir(mode=0o700)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def keep_package(self, folder: Path, digest: str) -> None:
        """Move a prepared ``folder`` into the store as the package called ``digest``."""
        target = self._package(digest)
        for path in folder.rglob("*"):
            if path.is_file():
                _flush_file(path)
        for path in (folder, *(path for path in folder.rglob("*") if path.is_dir())):
            _flush_folder(path)
        try:
            folder.rename(target)
        except OSError:
            # Somebody else kept the same version first: theirs is as good.
            if not target.is_dir():
                raise
        _flush_folder(self._packages)

    def package(self, digest: str) -> Path:
        """The folder of the package called ``digest``. Nobody may write there.

        Raises:
            StoreError: it is missing.
        """
        folder = self._package(digest)
        if not folder.is_dir():
            msg = f"package {digest[:19]} is missing: restore the data folder from your backup"
            raise StoreError(msg)
        return folder

    def _blob(self, name: str) -> Path:
        if not _SHA256.match(name):
            msg = "a stored file's name is not a SHA-256"
            raise StoreError(msg)
        return self._blobs / name[:2] / name

    def _package(self, digest: str) -> Path:
        if not _DIGEST.match(digest):
            msg = "a package's digest has characters that cannot be in a folder's name"
            raise StoreError(msg)
        return self._packages / digest.replace(":", "-")


def _require_undamaged(name: str, found: str) -> None:
    if found != name:
        msg = f"stored file {name[:12]} is damaged: restore the data folder from your backup"
        raise StoreError(msg)


@contextmanager
def _room() -> Iterator[None]:
    """Tell a full disk, which the operator can mend, from a broken one."""
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise NoRoomError from error
        raise


def _older(paths: Iterable[Path], moment: datetime) -> Iterator[Kept]:
    for path in paths:
        # Others work here at the same time: what is gone now is not ours to count.
        with suppress(FileNotFoundError):
            status = path.lstat()
            if status.st_mtime < moment.timestamp():
                yield Kept(path.name, status.st_size)


def _flush_file(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    """Make the names in ``folder`` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

"""The file that a backup is: a plain tar, written in one go, read as if a stranger had made it.

::

    backup.json         what this is: format, schema, when, by which version
    tables/NAME.jsonl   one row of the table a line
    counters.json       the last number that each table gave out
    blobs/SHA256        stored files
    packages/DIGEST/…   published problem packages
    service.key         the secret that receipts and hidden instances come from, unless left out
    manifest.jsonl      every member above, with its size and SHA-256
    manifest.sha256     the manifest's own SHA-256: what is cut off or changed is noticed
"""

from __future__ import annotations

import io
import json
import re
import tarfile
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

__all__ = [
    "KEY",
    "BackupError",
    "BadBackupError",
    "Member",
    "Reader",
    "Writer",
    "safe_package_path",
]

KEY = "service.key"
_MANIFEST, _MANIFEST_SUM = "manifest.jsonl", "manifest.sha256"
_NAMES = re.compile(
    r"backup\.json|counters\.json|service\.key|tables/[a-z0-9_]{1,63}\.jsonl|blobs/[0-9a-f]{64}"
    r"|packages/[A-Za-z0-9][A-Za-z0-9._-]{7,127}/.+",
    re.DOTALL,
)
_LONGEST_NAME = 1000
_LONGEST_HEADER = 16 * 1024
_LONGEST_SMALL = 1024 * 1024
_MOST_MEMBERS = 5_000_000
_CHUNK = 1024 * 1024
_DAMAGED = "it is damaged, cut off, or not a backup"


class BackupError(Exception):
    """``str(error)`` says what is wrong, and what to do."""


class BadBackupError(BackupError):
    """The file is damaged, or is not a backup of this service."""


class _Plain(tarfile.TarInfo):
    """A member's header. Only files are read: no links, devices, sparse files or endless headers."""

    def _proc_member(self, archive: Any) -> Any:
        longest = _LONGEST_HEADER if self.type == tarfile.XHDTYPE else None
        if self.type not in {tarfile.REGTYPE, tarfile.XHDTYPE} or (longest and self.size > longest):
            msg = f"it holds something other than plain files, called {self.name[:100]!r}"
            raise BadBackupError(msg)
        return super()._proc_member(archive)  # type: ignore[misc]


@dataclass(frozen=True, slots=True)
class Member:
    """One file in a backup."""

    name: str
    size: int
    sha256: str


def safe_package_path(name: str) -> bool:
    """Whether ``name``, below a package's folder, can lead nowhere else and exists on each system."""
    parts = name.split("/")
    return (
        len(name) <= _LONGEST_NAME
        and len(parts) <= 32
        and all(part not in {"", ".", ".."} and len(part.encode()) <= 255 for part in parts)
        and name.isprintable()
        and "\\" not in name
    )


class Writer:
    """Adds members one after the other; :meth:`finish` makes the backup complete."""

    def __init__(self, file: IO[bytes]) -> None:
        self._tar = tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT)  # noqa: SIM115 - see finish
        self._members: list[Member] = []

    def add(self, name: str, content: IO[bytes], size: int) -> None:
        """Copy ``size`` bytes of ``content`` in as ``name``.

        Raises:
            OSError: there are fewer, or the disk is full.
        """
        counted = _Counted(content)
        self._tar.addfile(_header(name, size), counted)
        self._members.append(Member(name, size, counted.digest.hexdigest()))

    def add_bytes(self, name: str, content: bytes) -> None:
        self.add(name, io.BytesIO(content), len(content))

    def finish(self) -> str:
        """Write the manifest, and return its SHA-256: the backup's name for itself."""
        lines = [json.dumps([m.name, m.size, m.sha256]) + "\n" for m in self._members]
        manifest = "".join(lines).encode()
        digest = sha256(manifest).hexdigest()
        for name, content in ((_MANIFEST, manifest), (_MANIFEST_SUM, digest.encode())):
            self._tar.addfile(_header(name, len(content)), io.BytesIO(content))
        self._tar.close()
        return digest


def _header(name: str, size: int) -> tarfile.TarInfo:
    header = tarfile.TarInfo(name)
    header.size = size
    header.mode = 0o600
    return header


class _Counted:
    """A file that hashes what is read from it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.digest = sha256()

    def read(self, size: int = -1) -> bytes:
        content = self._file.read(size)
        self.digest.update(content)
        return content


class Reader:
    """A backup that was read through once, and is what its manifest says: then it may be used."""

    def __init__(self, path: Path) -> None:
        """Read all of ``path``, in pieces, and check every byte.

        Raises:
            BadBackupError: it is damaged, cut off, or not a backup.
            OSError: it cannot be read.
        """
        self.path = path
        self.members: dict[str, Member] = {}
        try:
            self.digest = self._check()
        except tarfile.TarError as error:
            raise self._bad(_DAMAGED) from error

    def small(self, name: str) -> bytes:
        """The content of the small member called ``name``; empty when there is none."""
        found = self.members.get(name)
        if found is None:
            return b""
        if found.size > _LONGEST_SMALL:
            raise BadBackupError(f"{self.path} cannot be used: its member {name} is too large")
        with self.open(name) as content:
            return content.read()

    @contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        """The content of the member called ``name``, which is there."""
        with closing(self.contents()) as contents:
            yield next(content for member, content in contents if member.name == name)

    def contents(self) -> Generator[tuple[Member, IO[bytes]]]:
        """Each member and its content, in the file's order. What is not used is skipped."""
        for header, content in self._headers():
            if header.name not in {_MANIFEST, _MANIFEST_SUM}:
                yield self.members[header.name], content

    def _check(self) -> str:
        manifest = sum_said = b""
        for header, content in self._headers():
            if header.name == _MANIFEST:
                manifest = content.read(_CHUNK * 1024)
            elif header.name == _MANIFEST_SUM:
                sum_said = content.read(64)
            elif _acceptable(header.name) and header.name not in self.members:
                self.members[header.name] = Member(header.name, header.size, _hash(content))
            else:
                raise self._bad(f"it holds a file called {header.name[:100]!r}, which no backup has")
            if len(self.members) > _MOST_MEMBERS:
                raise self._bad("it holds too many files")
        digest = sha256(manifest).hexdigest()
        if not manifest or digest.encode() != sum_said:
            raise self._bad("its end is missing or damaged: copy it again from where it was made")
        if self._listed(manifest) != self.members:
            raise self._bad("its files are not those that its manifest lists: it was changed or damaged")
        return digest

    def _listed(self, manifest: bytes) -> dict[str, Member]:
        try:
            rows = [json.loads(line) for line in manifest.splitlines()]
            return {name: Member(name, size, digest) for name, size, digest in rows}
        except (ValueError, TypeError) as error:
            raise self._bad("its manifest cannot be read") from error

    def _headers(self) -> Generator[tuple[tarfile.TarInfo, IO[bytes]]]:
        with self._opened() as tar:
            try:
                while (header := tar.next()) is not None:
                    content = tar.extractfile(header)
                    if content is None or header.issparse():
                        raise self._bad("it holds something other than plain files")
                    yield header, content
                    # Else every header is kept until the end.
                    tar.members = []  # type: ignore[attr-defined]
            except (tarfile.TarError, EOFError, ValueError) as error:
                raise self._bad(_DAMAGED) from error
            except BadBackupError as error:
                raise error if str(self.path) in str(error) else self._bad(str(error)) from error

    @contextmanager
    def _opened(self) -> Iterator[tarfile.TarFile]:
        try:
            with tarfile.open(self.path, mode="r:", tarinfo=_Plain) as tar:
                yield tar
        except tarfile.TarError as error:
            raise self._bad(_DAMAGED) from error

    def _bad(self, reason: str) -> BadBackupError:
        return BadBackupError(f"{self.path} cannot be used: {reason}.")


def _acceptable(name: str) -> bool:
    if not _NAMES.fullmatch(name):
        return False
    return not name.startswith("packages/") or safe_package_path(name.split("/", 2)[2])


def _hash(content: IO[bytes]) -> str:
    digest = sha256()
    while piece := content.read(_CHUNK):
        digest.update(piece)
    return digest.hexdigest()

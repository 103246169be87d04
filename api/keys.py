"""The service's secrets, derived from one key that is made at the first start.

``data/service.key`` is never in the database: a stolen database can forge no receipt and predict
no instance of a hidden check. Lost, old receipts can no longer be verified and regrading may meet
other instances: back it up.
"""

from __future__ import annotations

import hmac
import os
import secrets
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import ClassVar

from api.errors import StoreError

__all__ = ["Keys"]

_FILE = "service.key"
_BYTES = 32


@dataclass(frozen=True, slots=True)
class Keys:
    """One secret for each use, 32 bytes each. ``repr`` leaves them out, so no log contains them."""

    SIZE: ClassVar[int] = _BYTES

    receipts: bytes = field(repr=False)
    grading: bytes = field(repr=False)

    @classmethod
    def create(cls, data: Path) -> Keys:
        """Make the key under ``data`` if there is none, readable by this user only, and load it."""
        if not (data / _FILE).exists():
            _write_once(data / _FILE, secrets.token_bytes(_BYTES))
        return cls.load(data)

    @classmethod
    def load(cls, data: Path) -> Keys:
        """Read the key.

        Raises:
            StoreError: it is missing or damaged.
        """
        try:
            key = (data / _FILE).read_bytes()
        except OSError as error:
            msg = f"cannot read {_FILE} in the data folder: restore it from your backup"
            raise StoreError(msg) from error
        if len(key) != _BYTES:
            msg = f"{_FILE} in the data folder is damaged: restore it from your backup"
            raise StoreError(msg)
        return cls(receipts=_derive(key, b"receipts"), grading=_derive(key, b"grading"))

    @staticmethod
    def file(data: Path) -> Path:
        """Where the key under ``data`` lies."""
        return data / _FILE

    @classmethod
    def put_back(cls, data: Path, key: bytes) -> None:
        """Write the key that a backup held, unless there is one.

        Raises:
            StoreError: there is another.
        """
        _write_once(cls.file(data), key)
        if cls.file(data).read_bytes() != key:
            msg = f"there is another {_FILE} in the data folder already: it is left as it is"
            raise StoreError(msg)

    def course_secret(self, course: str) -> bytes:
        """The secret that chooses hidden checks' instances in the course called ``course``."""
        return _derive(self.grading, b"course " + course.encode())


def _derive(key: bytes, use: bytes) -> bytes:
    return hmac.digest(key, b"gradecli " + use, sha256)


def _write_once(path: Path, key: bytes) -> None:
    """Write ``key`` under a temporary name, then link it into place: whoever is first, wins."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(key)
            file.flush()
            os.fsync(file.fileno())
        try:
            path.hardlink_to(temporary)
        except FileExistsError:
            return
    finally:
        temporary.unlink()

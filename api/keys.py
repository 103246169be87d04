"""The service's secrets: made once at the first start, kept in ``data/keys``, never in the database.

Each has one use. Losing ``receipts.key`` makes old receipts unverifiable; losing ``grading.key``
changes which instance of a hidden check a submission meets. Back both up.
"""

from __future__ import annotations

import hmac
import os
import secrets
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from api.errors import StoreError

__all__ = ["Keys"]

_BYTES = 32


@dataclass(frozen=True, slots=True)
class Keys:
    """The secrets, 32 bytes each. They are left out of ``repr``, so no log can contain them."""

    receipts: bytes = field(repr=False)
    grading: bytes = field(repr=False)

    @classmethod
    def create(cls, data: Path) -> Keys:
        """Make the keys that do not exist yet under ``data``, readable by this user only."""
        folder = data / "keys"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in ("receipts", "grading"):
            path = folder / f"{name}.key"
            if not path.exists():
                _write_once(path, secrets.token_bytes(_BYTES))
        return cls.load(data)

    @classmethod
    def load(cls, data: Path) -> Keys:
        """Read the keys.

        Raises:
            StoreError: a key is missing or damaged.
        """
        return cls(
            receipts=_read(data / "keys" / "receipts.key"),
            grading=_read(data / "keys" / "grading.key"),
        )

    def course_secret(self, course: str) -> bytes:
        """The secret that chooses hidden checks' instances in the course called ``course``."""
        return hmac.digest(self.grading, b"gradecli course\0" + course.encode(), sha256)


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


def _read(path: Path) -> bytes:
    try:
        key = path.read_bytes()
    except OSError as error:
        msg = f"cannot read {path.name}: start the service with `gradecli serve` once, or restore your backup"
        raise StoreError(msg) from error
    if len(key) != _BYTES:
        msg = f"{path.name} is damaged: restore it from your backup"
        raise StoreError(msg)
    return key

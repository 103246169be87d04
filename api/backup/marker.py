"""The note that a restore leaves in the data folder until it is finished."""

from __future__ import annotations

import os
from pathlib import Path

from api.errors import UnavailableError

__all__ = ["MARKER", "RestoreMarker", "require_restored"]

MARKER = "RESTORE-NOT-FINISHED"
_TEXT = (
    "A restore into this folder was begun and has not been finished, so the service does not start.\n"
    "Run it again: gradecli db restore FILE, with the backup whose manifest has the SHA-256\n"
)


class RestoreMarker:
    """There from the first change of a restore to its last."""

    def __init__(self, data: Path) -> None:
        self._path = data / MARKER

    def backup(self) -> str | None:
        """Which backup the unfinished restore was of; ``None`` when there is no such restore."""
        try:
            return self._path.read_text(encoding="utf-8").split()[-1]
        except FileNotFoundError:
            return None

    def leave(self, backup: str) -> None:
        with self._path.open("w", encoding="utf-8") as file:
            file.write(f"{_TEXT}{backup}\n")
            file.flush()
            os.fsync(file.fileno())

    def remove(self) -> None:
        self._path.unlink()


def require_restored(data: Path) -> None:
    """Check that no restore into the folder ``data`` was left unfinished.

    Raises:
        UnavailableError: one was; the message says what to do.
    """
    if RestoreMarker(data).backup() is not None:
        msg = f"A restore into {data} was not finished. Run it again: gradecli db restore FILE --data {data}"
        raise UnavailableError(msg)

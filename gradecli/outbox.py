"""Submissions that are not finished yet, kept on disk until the server has graded them.

A submission is written here, with the key that makes sending it again harmless, before a byte
goes out. So whatever dies, the server, the network or this machine, the same submission can be
sent again and counts once.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from datetime import UTC, datetime
from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from gradecli.home import replace_file

__all__ = ["Addressee", "KeptSubmission", "Outbox"]


class Addressee(BaseModel):
    """Whose submission it is, of what, and to which server: there is one kept for each."""

    model_config = ConfigDict(frozen=True)

    url: str
    user_id: str
    course: str
    pset: str


class KeptSubmission(BaseModel):
    """One submission on its way. ``submission_id`` is the server's, once it has said so."""

    model_config = ConfigDict(frozen=True, ser_json_bytes="base64", val_json_bytes="base64")

    key: str
    addressee: Addressee
    first_tried_at: AwareDatetime
    files: dict[str, bytes]
    submission_id: str | None = None


class Outbox:
    """The kept submissions of one :class:`~gradecli.home.Home`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def kept(self, addressee: Addressee) -> KeptSubmission | None:
        try:
            kept = KeptSubmission.model_validate_json(self.path(addressee).read_bytes())
        except (FileNotFoundError, ValidationError):
            return None  # files are replaced whole: an unreadable one is not one of ours
        return kept if kept.addressee == addressee else None

    def keep(self, addressee: Addressee, files: dict[str, bytes]) -> KeptSubmission:
        """Keep a new submission, in place of any before it."""
        kept = KeptSubmission(
            key=str(uuid.uuid4()), addressee=addressee, first_tried_at=datetime.now(UTC), files=files
        )
        self._write(kept)
        return kept

    def mark_received(self, kept: KeptSubmission, submission_id: str) -> KeptSubmission:
        received = kept.model_copy(update={"submission_id": submission_id})
        self._write(received)
        return received

    def discard(self, kept: KeptSubmission) -> None:
        self.path(kept.addressee).unlink(missing_ok=True)

    def path(self, addressee: Addressee) -> Path:
        """Where the submission to ``addressee`` is kept."""
        fingerprint = hashlib.sha256(addressee.model_dump_json().encode()).hexdigest()[:16]
        readable = re.sub(r"[^A-Za-z0-9_-]", "_", addressee.pset)[:40]
        return self._folder / f"{readable}-{fingerprint}.json"

    def _write(self, kept: KeptSubmission) -> None:
        replace_file(self.path(kept.addressee), kept.model_dump_json(indent=2).encode())

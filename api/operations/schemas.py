"""The audit trail, as JSON."""

from __future__ import annotations

from datetime import datetime

from api.schemas import Payload

__all__ = ["AuditOut", "AuditPage"]


class AuditOut(Payload):
    """One thing that staff did. ``by`` is ``null`` for the operator's shell, ``course`` for what
    belongs to none; ``detail`` holds what changed."""

    id: int
    at: datetime
    by: str | None
    action: str
    course: str | None
    subject: str
    detail: dict[str, object]


class AuditPage(Payload):
    """Entries, the newest first. ``older`` is the ``before`` of the next page, ``null`` at the end."""

    entries: tuple[AuditOut, ...]
    older: int | None

"""What probes are answered, as JSON."""

from __future__ import annotations

from typing import Literal

from api.schemas import Payload

__all__ = ["Liveness", "Part", "Readiness"]


class Liveness(Payload):
    """The process answers. Nothing else is said by that."""

    status: Literal["alive"]
    version: str


class Part(Payload):
    """One thing that the service needs, and how it is. ``needed``: to take in requests and submissions."""

    name: str
    ok: bool
    detail: str
    needed: bool = True


class Readiness(Payload):
    """``ready`` when every part is that is needed to take in requests and submissions."""

    status: Literal["ready", "not ready"]
    parts: tuple[Part, ...]

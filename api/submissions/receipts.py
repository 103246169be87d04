"""Receipts: signed text that proves what a student handed in, and when.

``gradecli-receipt-1.<payload>.<signature>``, both parts in URL-safe base 64. The payload is JSON
that anybody can read; the signature is an HMAC-SHA256 of it with a key that only the server has.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from datetime import datetime
from hashlib import sha256

from pydantic import ValidationError

from api.schemas import Payload

__all__ = ["Receipt", "sign", "verify"]

_PREFIX = "gradecli-receipt-1"


class Receipt(Payload):
    """What a receipt says."""

    submission: str
    course: str
    pset: str
    student: str
    attempt: int
    digest: str
    received_at: datetime


def sign(receipt: Receipt, key: bytes) -> str:
    """The receipt as text. The same receipt always gives the same text."""
    payload = _encode(receipt.model_dump_json().encode())
    return f"{_PREFIX}.{payload}.{_encode(_signature(payload, key))}"


def verify(text: str, key: bytes) -> Receipt | None:
    """What a receipt says, or ``None`` when it was not signed with ``key`` or was changed."""
    match text.strip().split("."):
        case [prefix, payload, signature] if prefix == _PREFIX:
            pass
        case _:
            return None
    expected = _encode(_signature(payload, key))
    if not hmac.compare_digest(expected.encode(), signature.encode()):
        return None
    try:
        return Receipt.model_validate_json(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (binascii.Error, ValidationError):
        return None


def _signature(payload: str, key: bytes) -> bytes:
    return hmac.digest(key, f"{_PREFIX}.{payload}".encode(), sha256)


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

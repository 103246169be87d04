"""The filter of last resort: what looks like a secret is taken out of every line.

Nothing is logged that is known to hold a secret. This is for what nobody thought of: the text of a
library's exception, a printed request, an address with a password in it.
"""

from __future__ import annotations

import re

__all__ = ["never_log", "redacted"]

_GONE = "[redacted]"
_SHORTEST = 6  # anything shorter would be taken out of words that mean no harm

_VALUE = r"""(?:b?'[^']*'|b?"[^"]*"|[^\s&;,'"(){}\[\]]+)"""
_PATTERNS = (
    # Our own tokens, wherever they stand.
    (re.compile(r"gc_[A-Za-z0-9_-]{4,}"), f"gc_{_GONE}"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]+"), rf"\1 {_GONE}"),
    # user:password@ in an address.
    (re.compile(r"(?i)\b([a-z][a-z0-9+.-]*://[^\s:/@'\"]*):[^\s'\"]*@"), rf"\1:{_GONE}@"),
    (
        re.compile(
            r"(?i)([\w-]*(?:password|passwd|secret|token|csrf|session|cookie|authorization|idempotency[_-]key)"
            rf"[\w-]*['\"]?\s*[=:,]\s*){_VALUE}"
        ),
        rf"\1{_GONE}",
    ),
    # Idempotency keys; our own names for things are never UUIDs.
    (re.compile(r"(?i)\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), _GONE),
)

_known: set[str] = set()


def never_log(*secrets: str) -> None:
    """Take these out too, in this process: secrets that look like nothing in particular."""
    _known.update(secret for secret in secrets if len(secret) >= _SHORTEST)


def redacted(text: str) -> str:
    """``text`` without what is, or looks like, a secret."""
    for secret in sorted(_known, key=len, reverse=True):
        text = text.replace(secret, _GONE)
    for pattern, instead in _PATTERNS:
        text = pattern.sub(instead, text)
    return text

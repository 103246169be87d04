"""Keeps what a student's code prints, up to a bound, and stops code that does nothing but print."""

from __future__ import annotations

import io

__all__ = ["BoundedText", "PrintedTooMuch"]

KEPT_CHARACTERS = 16_384


class PrintedTooMuch(BaseException):
    """More was printed in one call than the limit allows."""


class BoundedText(io.TextIOBase):
    """A text stream that keeps the first characters and counts the rest.

    Args:
        limit: characters after which writing raises :class:`PrintedTooMuch`.
    """

    encoding = "utf-8"

    def __init__(self, limit: int) -> None:
        super().__init__()
        self._limit = limit
        self._kept: list[str] = []
        self._written = 0
        self._kept_length = 0

    def writable(self) -> bool:
        return True

    def write(self, text: str, /) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._written += len(text)
        room = KEPT_CHARACTERS - self._kept_length
        if room > 0:
            self._kept.append(str(text[:room]))
            self._kept_length += min(len(text), room)
        if self._written > self._limit:
            raise PrintedTooMuch
        return len(text)

    def take(self) -> str:
        """What was kept since the last time, with a line that says what was cut off."""
        text = "".join(self._kept)
        if self._written > self._kept_length:
            text += f"\n[... {self._written - self._kept_length} more characters were printed]"
        self._kept, self._written, self._kept_length = [], 0, 0
        return text

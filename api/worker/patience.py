"""Waiting for what is away: a database, with something in hand that is worth the wait; a sandbox."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from api.errors import DatabaseAwayError

__all__ = ["Pauses", "patiently"]

PAUSE_SECONDS = 0.5
LONGEST_SECONDS = 600.0

Result = TypeVar("Result")


class Pauses:
    """Pauses in seconds that double from ``first`` to ``longest``, while something stays away."""

    def __init__(self, first: float, longest: float) -> None:
        self._first, self._longest = first, longest
        self._next = first

    def next(self) -> float:
        pause = self._next
        self._next = min(pause * 2, self._longest)
        return pause

    def begin_again(self) -> None:
        """It is there again: the next pause is a short one."""
        self._next = self._first


def patiently(step: Callable[[], Result]) -> Result:
    """Do ``step``; while the database is away, do it again, for up to ten minutes.

    Raises:
        DatabaseAwayError: it stayed away for longer.
    """
    give_up_at = time.monotonic() + LONGEST_SECONDS
    while True:
        try:
            return step()
        except DatabaseAwayError:
            if time.monotonic() >= give_up_at:
                raise
        time.sleep(PAUSE_SECONDS)

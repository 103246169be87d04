"""Waiting for a database that is away, with something in hand that is worth the wait."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from api.errors import DatabaseAwayError

__all__ = ["patiently"]

PAUSE_SECONDS = 0.5
LONGEST_SECONDS = 600.0

Result = TypeVar("Result")


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

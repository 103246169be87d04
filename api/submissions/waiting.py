"""The sentences for a submission that is not being graded now. Pages, streams and commands show them."""

from __future__ import annotations

import math

from api.jobs.forecast import Estimate

__all__ = ["PAUSED", "QUARANTINED", "SUPERSEDED", "how_long", "queue_sentence"]

SUPERSEDED = (
    "You handed in a newer attempt before this one was graded, so the newer one is graded in its place. "
    "This attempt, its files and its receipt stay on record."
)
QUARANTINED = (
    "The course staff have set this attempt aside, and it is not graded. It stays on record with its time, "
    "and its receipt is still valid. Ask the course staff about it."
)
PAUSED = (
    "Grading is paused by the course staff. This attempt is safe: it keeps its time, and is graded when "
    "they let grading go on."
)

# Up to so many seconds, a time is told in this unit (its name, its seconds), to so many of it.
_UNITS: tuple[tuple[float, str, int, int], ...] = (
    (90.0, "second", 1, 5),
    (5400.0, "minute", 60, 1),
    (math.inf, "hour", 3600, 1),
)


def queue_sentence(position: int | None, estimate: Estimate | None, *, paused: bool) -> str:
    """Where a submission that waits is in the queue, and when it should be graded."""
    if paused:
        return PAUSED
    if position is None:
        return "In the queue."
    ahead = position - 1
    where = f"{ahead} submission{'s' if ahead != 1 else ''} ahead" if ahead else "next to be graded"
    soon = f" Its report should be here {how_long(estimate)}." if estimate is not None else ""
    return f"In the queue, {where}.{soon}"


def how_long(estimate: Estimate) -> str:
    """Until the report, no more exactly than is known: ``in 20 to 40 seconds``, ``in about 3 minutes``.

    The lower end is rounded down and the upper one up.
    """
    _, unit, size, step = next(one for one in _UNITS if estimate.finish_high < one[0])
    first = math.floor(max(estimate.finish_low, 0.0) / size / step) * step
    last = max(math.ceil(estimate.finish_high / size / step) * step, step)
    if first == 0:
        return f"within {last} {unit}s" if last > 1 else f"within a {unit}"
    if last - first <= step:
        return f"in about {last} {unit}s"
    return f"in {first} to {last} {unit}s"

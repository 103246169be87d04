"""Which attempt counts: a pure function of what was graded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["GradedAttempt", "best_attempt"]


@dataclass(frozen=True, slots=True)
class GradedAttempt:
    """One graded submission of a student to a problem set; ``attempt`` counts from 1."""

    submission_id: str
    attempt: int
    score: float


def best_attempt(attempts: Iterable[GradedAttempt]) -> GradedAttempt | None:
    """The attempt with the highest score; of several, the earliest. ``None`` when there is none."""
    return max(attempts, key=lambda one: (one.score, -one.attempt), default=None)

"""Holds, quarantine and a course's queue, as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from api.operations.models import HoldScope
from api.schemas import Payload

__all__ = ["FailureOut", "HoldIn", "HoldOut", "JobOut", "Operations", "OutageOut", "QuarantineIn", "Reason"]

Reason = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=500, pattern=r"^[^\x00-\x1f\x7f]+$"),
]
"""Why staff did something. Only staff read it."""


class HoldIn(Payload):
    """What to hold within a course: nothing named, all of it. ``student`` is an e-mail address."""

    reason: Reason
    pset: str | None = None
    student: Annotated[str, Field(max_length=254)] | None = None


class HoldOut(Payload):
    """A hold on grading. ``lifted_at`` is ``null`` while it holds."""

    id: int
    scope: HoldScope
    course: str | None
    pset: str | None
    student: str | None
    reason: str
    placed_by: str
    placed_at: datetime
    lifted_at: datetime | None


class QuarantineIn(Payload):
    """Why a submission is set aside, or all grading is held."""

    reason: Reason


class FailureOut(Payload):
    """Evidence of one failed try."""

    at: datetime
    worker: str
    detail: str


class JobOut(Payload):
    """A grading job as staff see it. ``failures`` is the evidence, oldest first."""

    submission: str
    pset: str
    student: str
    attempt: int
    state: str
    received_at: datetime
    started_at: datetime | None
    worker: str | None
    failures: tuple[FailureOut, ...] = ()


class OutageOut(Payload):
    """What grading needs is away: ``submissions`` of all courses have met that since then, ``detail`` is
    what a worker saw last. None of it is counted as a try."""

    since: datetime
    submissions: int
    detail: str


class Operations(Payload):
    """How grading stands in a course. ``queued`` counts what waits, ``held`` what of it is held back;
    ``workers`` are alive, for all courses together. ``outage`` is ``null`` when grading meets none."""

    queued: int
    held: int
    workers: int
    outage: OutageOut | None
    running: tuple[JobOut, ...]
    parked: tuple[JobOut, ...]
    quarantined: tuple[JobOut, ...]
    holds: tuple[HoldOut, ...]

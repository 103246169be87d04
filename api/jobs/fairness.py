"""Who is graded next: one student's burst never delays the others.

A job is given a **turn** when it is taken in, a whole number, and the waiting job with the lowest
turn goes first; among equal turns, the one that arrived first. A student's next job gets a turn one
above their last one, but none below the turn that the queue has come to: having been away earns
nothing. This is start-time fair queueing (Goyal, Vin and Cheng 1996,
https://doi.org/10.1145/248156.248171) with jobs of one size.

The turn is given once and never counted again, for two reasons. A worker finds the next job at the
front of an index, however many wait. And an order counted from what waits at the moment would not
be fair with one worker: the first job of a long burst is always its student's only one at the front,
and the oldest there.

What is guaranteed, while grading goes on and nobody's job is tried again, held back or handed over
by staff:

* A student's job with *k* of their own waiting ahead of it starts before any job that arrives later
  and has more than *k* of its own student's waiting ahead of it.
* While it waits, no other student has more than *k* + 2 jobs started: the wait does not grow with
  what the others hand in, only with how many they are.
* Each student's own jobs start in the order in which they came.

What was tried before, or was given back by staff, keeps its old turn, so it goes soon. A job that is
run again for a regrade waits until no student waits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api.jobs.models import GradingJob

__all__ = ["next_turn", "take_turns_again"]


def next_turn(session: Session, user_id: int) -> int:
    """The turn of a job that this student hands in now, in a transaction of the only writer."""
    last = session.scalar(select(func.max(GradingJob.turn)).where(GradingJob.user_id == user_id))
    reached = turn_reached(session)
    return reached if last is None else max(reached, last + 1)


def turn_reached(session: Session) -> int:
    """The highest turn that has been started."""
    return session.scalar(select(func.max(GradingJob.turn)).where(GradingJob.started_at.is_not(None))) or 0


def take_turns_again(session: Session, jobs: Iterable[GradingJob]) -> None:
    """Line up jobs that were kept from their turns, as if they came now in the order of ``jobs``.

    Without it all of them would go at once, before everybody who waits.
    """
    reached = turn_reached(session)
    before = Counter[int]()
    for job in jobs:
        job.turn = max(job.turn, reached + before[job.user_id])
        before[job.user_id] += 1

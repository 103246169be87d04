"""The estimate of a waiting submission: right within its range, and silent without evidence."""

from __future__ import annotations

import heapq
import random

import pytest

from api.jobs.forecast import Estimate, Outlook, Pace, RunningJob
from api.submissions.waiting import how_long, queue_sentence

TRIALS = 300


def _lognormal(rng: random.Random) -> float:
    return rng.lognormvariate(1.0, 0.5)


@pytest.mark.parametrize("workers", [1, 2, 8])
@pytest.mark.parametrize("place", [0, 3, 40])
def test_what_happens_lies_within_the_range_nine_times_in_ten(workers: int, place: int) -> None:
    rng = random.Random(f"{workers} {place}")
    starts = finishes = 0
    for _ in range(TRIALS):
        recent = tuple(_lognormal(rng) for _ in range(20))
        under_way = [(total := _lognormal(rng), rng.uniform(0, total)) for _ in range(workers)]
        outlook = Outlook(
            waiting=[(job, 1) for job in range(place + 1)],
            running=[RunningJob(1, elapsed) for _, elapsed in under_way],
            workers=workers,
            paces={1: Pace(recent)},
        )
        free_at = [total - elapsed for total, elapsed in under_way]
        heapq.heapify(free_at)
        for _ahead in range(place):
            heapq.heappush(free_at, heapq.heappop(free_at) + _lognormal(rng))
        start = heapq.heappop(free_at)
        finish = start + _lognormal(rng)
        found = outlook.estimate(place)
        assert found is not None
        starts += found.start_low <= start <= found.start_high
        finishes += found.finish_low <= finish <= found.finish_high
    assert starts >= 0.88 * TRIALS
    assert finishes >= 0.88 * TRIALS


def test_the_range_is_of_use() -> None:
    steady = Outlook(
        waiting=[(job, 1) for job in range(21)], workers=2, paces={1: Pace((10.0, 11.0, 9.0, 10.0, 10.0) * 4)}
    )
    found = steady.estimate(20)
    assert found is not None
    assert 85 < found.start_low < found.start_high < 115


@pytest.mark.parametrize(
    "outlook",
    [
        Outlook(waiting=[(1, 1)], workers=1),
        Outlook(waiting=[(1, 1)], workers=0, paces={1: Pace((1.0,) * 20)}),
        Outlook(waiting=[], held={1: 1}, workers=1, paces={1: Pace((1.0,) * 20)}),
    ],
    ids=["too few gradings", "no worker", "held"],
)
def test_without_evidence_there_is_no_estimate(outlook: Outlook) -> None:
    assert outlook.estimate(1) is None


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (0.4, 3.2, "within 5 seconds"),
        (11.0, 14.0, "in about 15 seconds"),
        (12.0, 38.0, "in 10 to 40 seconds"),
        (61.0, 110.0, "in about 2 minutes"),
        (20.0, 170.0, "within 3 minutes"),
        (9000.0, 13000.0, "in 2 to 4 hours"),
    ],
)
def test_a_time_is_told_no_more_exactly_than_it_is_known(low: float, high: float, words: str) -> None:
    assert how_long(Estimate(0, 0, low, high)) == words


def test_the_place_in_the_queue_is_told_in_words() -> None:
    assert queue_sentence(1, None, paused=False) == "In the queue, next to be graded."
    assert queue_sentence(2, None, paused=False) == "In the queue, 1 submission ahead."
    assert "Grading is paused by the course staff." in queue_sentence(None, None, paused=True)


def test_a_waiting_submission_has_its_estimate_once_enough_were_graded(open_school) -> None:
    for number in range(5):
        open_school.submit("bob", f"x = {number}\n".encode())
        open_school.grade()
    waiting = open_school.submit("ada")
    body = open_school.get("ada", f"/submissions/{waiting}").json()
    assert body["queue_position"] == 1
    assert body["estimate"]["start_low"] == 0
    assert 0 < body["estimate"]["finish_high"] < 60

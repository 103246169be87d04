"""Sentences that compute something."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gradecli import messages


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (10.0, "10"),
        (7.5, "7.5"),
        (9.999, "9.99"),
        (0.0, "0"),
        (1 / 3, "0.33"),
        (2.0000000001, "2"),
        (0.1 + 0.2, "0.3"),
        (8.29, "8.29"),
    ],
)
def test_points_are_never_rounded_up_to_more_than_was_earned(value: float, written: str) -> None:
    assert messages.points(value) == written


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (30, "in less than a minute"),
        (60, "in 1 minute"),
        (7199, "in 1 hour"),
        (200_000, "in 2 days"),
        (-1, "just now"),
        (-3600, "1 hour ago"),
    ],
)
def test_time_left_is_never_overstated(seconds: float, written: str) -> None:
    assert messages.distance(seconds) == written


def test_a_due_date_names_its_offset() -> None:
    due = datetime(2030, 5, 1, 12, 0, tzinfo=UTC)
    assert "(UTC" in messages.due(due, due - timedelta(days=3))
    assert messages.due(due, due - timedelta(days=3)).endswith(", in 3 days")
    assert messages.due(None, due) == "no due date"


@pytest.mark.parametrize(
    ("position", "written"),
    [(None, "waiting to be graded"), (1, "waiting: you are next"), (4, "waiting: 3 before you")],
)
def test_the_queue_is_told_in_people(position: int | None, written: str) -> None:
    assert messages.waiting(position) == written

"""Numbers, moments and sizes, as people read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from api.web import words

NOW = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ahead", "said"),
    [
        (timedelta(seconds=30), "in less than a minute"),
        (timedelta(seconds=-30), "just now"),
        (timedelta(minutes=1, seconds=59), "in 1 minute"),
        (timedelta(minutes=-59), "59 minutes ago"),
        (timedelta(hours=1), "in 1 hour"),
        (timedelta(hours=47, minutes=59), "in 47 hours"),
        (timedelta(days=2), "in 2 days"),
        (timedelta(days=3, hours=23), "in 3 days"),
        (timedelta(days=-90), "3 months ago"),
    ],
)
def test_time_left_is_never_overstated(ahead, said):
    assert words.moment(NOW + ahead, NOW).words == said


def test_an_exact_time_names_its_zone_and_is_the_same_moment():
    zurich = timezone(timedelta(hours=1))
    due = words.moment(datetime(2026, 11, 6, 23, 59, tzinfo=zurich), NOW)
    assert due.exact == "Fri 6 Nov 2026, 22:59 UTC"
    assert due.iso == "2026-11-06T22:59:00Z"
    assert not due.past


def test_the_due_moment_itself_is_past():
    assert words.moment(NOW, NOW).past


@pytest.mark.parametrize(
    ("value", "shown"),
    [(8.0, "8"), (7.5, "7.5"), (0.1 + 0.2, "0.3"), (9.999, "9.99"), (0.0, "0"), (10.0, "10"), (100.0, "100")],
)
def test_points_have_no_needless_zeros_and_never_round_up(value, shown):
    assert words.points(value) == shown


@pytest.mark.parametrize(
    ("values", "shown"),
    [([8, 10], ["8", "10"]), ([8, 7.5], ["8.0", "7.5"]), ([8, 7.25], ["8.00", "7.25"]), ([], [])],
)
def test_the_decimals_of_a_column_line_up(values, shown):
    assert [words.column(values)(value) for value in values] == shown


def test_sizes():
    assert [words.size(count) for count in (1, 999, 1500, 2_500_000)] == [
        "1 byte",
        "999 bytes",
        "1.5 KB",
        "2.5 MB",
    ]


def test_what_would_hide_or_reorder_text_is_made_visible():
    text = "a\tb\n\x1b[2J \u202eevil\u202c \x00 \u200b \x9b \r \ud800"
    shown = words.visible(text)
    assert shown.startswith(
        "a\tb\n‹U+001B›[2J ‹U+202E›evil‹U+202C› ‹U+0000› ‹U+200B› ‹U+009B› ‹U+000D› ‹U+D800›"
    )
    shown.encode()


def test_windows_line_ends_are_not_marked():
    assert words.visible("a\r\nb") == "a\nb"


def test_other_languages_are_left_alone():
    assert words.visible("λ → ∂L/∂W, 李明, é") == "λ → ∂L/∂W, 李明, é"

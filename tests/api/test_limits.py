"""Limits: how much is allowed, when again, and in how much memory."""

from __future__ import annotations

import pytest

from api.errors import TooManyError
from api.limits import Limit, Limits, network_of
from api.services import Services


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


def exhausted(limit, key):
    count = 0
    while True:
        try:
            limit.take(key)
        except TooManyError as error:
            return count, error.retry_after
        count += 1


def test_a_burst_is_allowed_then_one_for_each_interval():
    clock = Clock()
    limit = Limit(5, 10.0, "Slow down.", clock=clock)
    assert exhausted(limit, "a") == (5, 10)
    assert exhausted(limit, "b") == (5, 10)
    clock.now += 9.0
    assert exhausted(limit, "a") == (0, 1)
    clock.now += 1.0
    assert exhausted(limit, "a") == (1, 10)
    clock.now += 1e6
    assert exhausted(limit, "a") == (5, 10)


def test_what_was_given_back_counts_for_nothing_and_looking_neither():
    limit = Limit(2, 10.0, "Slow down.", clock=Clock())
    for _ in range(10):
        limit.take("a")
        limit.give_back("a")
        limit.check("a")
    assert exhausted(limit, "a")[0] == 2
    with pytest.raises(TooManyError, match=r"Slow down\."):
        limit.check("a")


def test_very_many_addresses_cost_no_memory_and_win_no_guess():
    clock = Clock()
    limit = Limit(3, 10.0, "Slow down.", keys=100, clock=clock)
    assert exhausted(limit, "victim's account")[0] == 3
    allowed = 0
    for number in range(10_000):
        try:
            limit.take(f"address {number}")
            allowed += 1
        except TooManyError:
            pass
    assert len(limit) <= 101
    assert allowed <= 99 + 3
    assert exhausted(limit, "victim's account")[0] == 0
    clock.now += 60.0
    assert exhausted(limit, "somebody new")[0] == 3


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("testclient" * 20, ("testclient" * 20)[:64]),
    ],
)
def test_whoever_has_a_whole_network_is_one(address, network):
    assert network_of(address) == network


def limited(school, **limits):
    """The school with stricter limits than anybody reaches in a test."""
    services = school.services
    fields = {name: getattr(services, name) for name in Services.__dataclass_fields__}
    school.app.state.services = Services(**{**fields, "limits": Limits(**limits)})
    return school.app.state.services


def test_too_many_requests_of_one_person_are_refused_in_words_and_others_go_on(school):
    limited(school, requests=Limit(3, 60.0, "Not so many."))
    assert [school.get("ada", "/me").status_code for _ in range(4)] == [200, 200, 200, 429]
    refused = school.get("ada", "/me")
    assert refused.json()["error"] == {"code": "too_many", "message": "Not so many."}
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert school.get("bob", "/me").status_code == 200


def test_an_address_is_limited_before_anything_is_looked_up_but_never_asked_whether_it_lives(school):
    limited(school, address_requests=Limit(2, 60.0, "Not so many."))
    assert [school.http.get("/static/style.css").status_code for _ in range(3)] == [200, 200, 429]
    page = school.http.get("/")
    assert page.status_code == 429
    assert "Not so many." in page.text
    assert "retry-after" in page.headers
    assert school.http.get("/healthz").status_code == 200


def test_wrong_tokens_are_counted_by_address_and_right_ones_are_not(school):
    limited(school, wrong_token=Limit(2, 60.0, "Many wrong tokens."))
    for _ in range(5):
        assert school.get("ada", "/me").status_code == 200
    school.tokens["mallory"] = "gc_guess"
    assert [school.get("mallory", "/me").status_code for _ in range(4)] == [401, 401, 429, 429]


def test_every_quota_says_when_to_come_back(open_school):
    for number in range(open_school.settings.submissions_waiting):
        open_school.submit("ada", str(number).encode())
    refused = open_school.post_files("ada", {"alpha.py": b"more"})
    assert refused.status_code == 429
    # Longer than a command waits by itself: its person is told.
    assert int(refused.headers["retry-after"]) > 10

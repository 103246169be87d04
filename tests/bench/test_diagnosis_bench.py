"""A diagnosis from what is kept is the first one again, and quicker: the benchmark with a small count."""

from __future__ import annotations

from tests.bench.bench_diagnosis import run


def test_what_is_kept_gives_the_same_diagnoses_in_less_time() -> None:
    found = run(("pset1",), most=1)
    assert found["diagnosed"] >= 5
    assert found["told"] == found["diagnosed"]
    assert found["first_over_from_memory"] > 1

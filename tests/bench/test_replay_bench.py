"""A replay after a tolerance change gives what running again gives: the benchmark with a small count."""

from __future__ import annotations

from collections.abc import Callable

from sandbox import Backend
from tests.bench.bench_replay import run


def test_replayed_reports_are_equal_to_those_of_running_again(ready_backend: Callable[..., Backend]) -> None:
    found = run(6, 6, ready_backend("warm bubblewrap"), ["pset1"])["total"]
    assert found["submissions"] == found["run_again_sample"] == 6
    assert found["sample_reports_unequal"] == 0

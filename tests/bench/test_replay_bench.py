"""A replay after a tolerance change gives what running again gives: the benchmark with a small count."""

from __future__ import annotations

import pytest

from sandbox import Backend
from tests.bench.bench_replay import run


@pytest.mark.parametrize("name", ["pset1", "pset2"])
def test_replayed_reports_are_equal_to_those_of_running_again(backend: Backend, name: str) -> None:
    found = run(8, 8, backend, [name])["total"]
    assert found["submissions"] == found["run_again_sample"] == 8
    assert found["sample_reports_unequal"] == 0

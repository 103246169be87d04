"""A worker's sign of life: there while its loop turns, and old when it does not."""

from __future__ import annotations

import time
from pathlib import Path

from api.worker.loop import Worker
from api.worker.pulse import Pulse

PATIENCE = 10.0


class Turning(Worker):
    """A worker that has been at the same thing for ``seconds``."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def seconds_in_turn(self) -> float:
        return self.seconds


def touched_after(path: Path, moment: float) -> bool:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if path.exists() and path.stat().st_mtime > moment:
            return True
        time.sleep(0.01)
    return False


def test_a_worker_whose_loop_turns_shows_it_again_and_again(tmp_path):
    path = tmp_path / "pulse"
    with Pulse(path, Turning(0.1), grading_seconds=60, every=0.02):
        assert touched_after(path, 0)
        assert touched_after(path, path.stat().st_mtime)


def test_a_long_grading_is_life_and_a_longer_one_is_not(tmp_path):
    with Pulse(tmp_path / "grading", Turning(900), grading_seconds=60, every=0.02):
        assert touched_after(tmp_path / "grading", 0)
    stuck = Turning(1000)
    with Pulse(tmp_path / "stuck", stuck, grading_seconds=60, every=0.02):
        time.sleep(0.1)
        assert not (tmp_path / "stuck").exists()
        stuck.seconds = 0.1
        assert touched_after(tmp_path / "stuck", 0), "and it is seen when it turns again"


def test_no_place_for_the_sign_does_not_stop_the_worker(tmp_path):
    with Pulse(tmp_path / "absent" / "pulse", Turning(0.1), grading_seconds=60, every=0.01):
        time.sleep(0.05)

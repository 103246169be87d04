"""What warmth is worth: the same gradings warm and cold, and fresh sandboxes forked and started anew.

    python -m tests.bench.bench_warm --rounds 15 --output docs/results/warm.json

For one problem of each set, its reference and one wrong answer are graded as a worker does it, in turn with
everything started anew (``cold``) and with what a worker keeps ready (``warm``); the wrong one with its
advice. What is known of wrong answers is kept between gradings, as a worker keeps it. One grading of each
kind comes before and does not count. Times are wall clock, from the file in hand to the report; medians, and
their ratio.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from grader import discover, instance_key, load_pset
from grader.child import ChildJob, grade_in_child
from grader.conversation import child_environment
from grader.nursery import Nursery
from sandbox import Backend, Runtime, Sandbox, SandboxSpec, find
from sandbox.zygotes import WarmBackend, ZygoteKeeper, can_be_warm

PROBLEMS = Path(__file__).resolve().parents[2] / "problems"
GRADED = {
    "pset1_backprop": "linear_softmax",
    "pset2_convolution": "conv2d",
    "pset3_attention": "multi_head_attention",
}
_SECONDS = 600.0


def _timed(run: Callable[[], object]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def _compared(rounds: int, cold: Callable[[], object], warm: Callable[[], object]) -> dict[str, Any]:
    """Both in turn, ``rounds`` times after one that does not count."""
    taken = [(_timed(cold), _timed(warm)) for _ in range(rounds + 1)][1:]
    colds, warms = (sorted(times) for times in zip(*taken, strict=True))
    medians = statistics.median(colds), statistics.median(warms)
    return {
        "cold_ms": round(medians[0] * 1000, 1),
        "warm_ms": round(medians[1] * 1000, 1),
        "warm_ms_worst": round(warms[-1] * 1000, 1),
        "cold_over_warm": round(medians[0] / medians[1], 1),
    }


def _sandboxes(rounds: int, runtime: Runtime, cold: Backend, warm: Backend) -> dict[str, Any]:
    def opened(backend: Backend) -> Callable[[], None]:
        def run() -> None:
            with Sandbox(backend, SandboxSpec(runtime)):
                pass

        return run

    return _compared(rounds, opened(cold), opened(warm))


def run(rounds: int) -> dict[str, Any]:
    """The figures; a quarter as many rounds for gradings as for sandboxes."""
    backend = find("bubblewrap")
    assert can_be_warm(backend)
    runtimes = [runtime for runtime in Runtime if backend.availability(runtime).ok]
    results: dict[str, Any] = {
        "machine": {"cores": os.cpu_count(), "python": platform.python_version(), "load": os.getloadavg()},
        "sandboxes": {},
        "gradings": {},
    }
    with (
        tempfile.TemporaryDirectory() as folder,
        Nursery(child_environment()) as nursery,
        ZygoteKeeper(backend, runtimes) as keeper,
    ):
        if not keeper.wait(_SECONDS):
            raise SystemExit(f"the zygotes did not start: {keeper.problems}")
        while not nursery.is_ready:
            time.sleep(0.1)
        warm = WarmBackend(backend, keeper.folder, or_cold=False)
        for runtime in runtimes:
            results["sandboxes"][runtime] = _sandboxes(rounds, runtime, backend, warm)
        for listing in discover(PROBLEMS):
            problem = load_pset(listing.folder).problem(GRADED[listing.folder.name])
            wrong = sorted(problem.folder.glob("submissions/wrong_answer/*.py"))[0]
            for kind, path in (("right", problem.folder / "reference.py"), ("wrong", wrong)):
                key = instance_key(b"bench", path.name)
                files, traces = {problem.name: path.read_bytes()}, Path(folder) / "traces"
                anew = ChildJob(listing.folder, files, "bubblewrap", key, traces=traces)
                kept = ChildJob(
                    listing.folder, files, "bubblewrap", key, traces=traces, zygotes=keeper.folder
                )
                results["gradings"][f"{problem.name}, {kind}"] = _compared(
                    max(rounds // 4, 1),
                    lambda job=anew: grade_in_child(job, timeout=_SECONDS),  # type: ignore[misc]
                    lambda job=kept: grade_in_child(job, timeout=_SECONDS, nursery=nursery),  # type: ignore[misc]
                )
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=16)
    parser.add_argument("--output", type=Path)
    asked = parser.parse_args()
    text = json.dumps(run(asked.rounds), indent=1)
    print(text)
    if asked.output is not None:
        asked.output.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

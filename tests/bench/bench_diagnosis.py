"""Diagnosing a failed check for the first time in a version of a package, and every time after that.

    python -m tests.bench.bench_diagnosis --output docs/results/diagnosis.json

Each wrong answer of the sets is diagnosed on the first check it fails, in this process: with nothing known,
which runs every known wrong answer of the check; with what is kept in files, as in the next grading child;
and with what is in memory, as in a replay. A time is wall clock, a ratio one of the medians.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from grader import Problem, discover, load_pset
from grader.authoring import Check
from grader.diagnosis import Diagnostician, KeptTraces, KnownMistake, known_mistakes
from grader.loading import load_checks
from grader.references import LiveReference
from grader.verification import InProcessAnswers

PROBLEMS = Path(__file__).resolve().parents[2] / "problems"


def run(psets: tuple[str, ...], most: int | None = None) -> dict[str, Any]:
    """Medians in milliseconds, over at most ``most`` wrong answers of each problem."""
    seconds: dict[str, list[float]] = {"first": [], "from_files": [], "from_memory": []}
    told = 0
    with tempfile.TemporaryDirectory() as folder:
        for listing in discover(PROBLEMS):
            if listing.name not in psets:
                continue
            for problem in load_pset(listing.folder).problems:
                checks = {check.name: check for check, _ in load_checks(problem)}
                for mistake in known_mistakes(problem)[:most]:
                    kept = KeptTraces(Path(folder) / f"{problem.name}-{mistake.name}")
                    check = checks[min(mistake.checks or ())]
                    told += _measure(problem, mistake, check, kept, seconds)
    medians = {name: 1000 * statistics.median(found) for name, found in seconds.items()}
    return {
        "diagnosed": len(seconds["first"]),
        "told": told,
        "median_ms": {name: round(value, 2) for name, value in medians.items()},
        "first_over_from_files": round(medians["first"] / medians["from_files"], 2),
        "first_over_from_memory": round(medians["first"] / medians["from_memory"], 2),
    }


def _measure(
    problem: Problem, mistake: KnownMistake, check: Check, kept: KeptTraces, seconds: dict[str, list[float]]
) -> bool:
    """One wrong answer three ways; whether it was told, which must be the same each time."""
    found = []
    with LiveReference(problem) as references, InProcessAnswers(problem, mistake.source) as answers:
        first, later = (Diagnostician(problem, references, kept) for _ in range(2))
        for name, engine in (("first", first), ("from_files", later), ("from_memory", later)):
            started = time.perf_counter()
            found.append(engine.examine(check, answers))
            seconds[name].append(time.perf_counter() - started)
    assert found[0] == found[1] == found[2]
    return found[0].diagnosis is not None


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--most", type=int, help="wrong answers of each problem; else all")
    parser.add_argument("--output", type=Path)
    options = parser.parse_args()
    found = run(("pset1", "pset2", "pset3"), options.most) | {"machine": platform.machine()}
    text = json.dumps(found, indent=1)
    print(text)
    if options.output is not None:
        options.output.write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()

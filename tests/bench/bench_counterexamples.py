"""For each wrong answer of the problems: is a counterexample found, how large is it, does it reproduce?

    python -m tests.bench.bench_counterexamples --output docs/results/counterexamples.json

The wrong answers run in this process, and their examples are pasted in a clean one. The cost is measured
apart, under bubblewrap: the same wrong answers graded with the look and without it, in turn.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from grader import Problem, ProblemSet, Submission, discover, grade, instance_key, load_pset
from grader.authoring import Check, Random
from grader.counterexamples import Examples, FoundExample, find_example
from grader.counterexamples.pasting import paste
from grader.instances import instance_seed
from grader.loading import load_checks
from grader.references import LiveReference
from grader.report import Visibility
from grader.verification import InProcessAnswers
from sandbox import Backend, InProcessSession, Runtime, find, load
from sandbox.zygotes import warmed

PROBLEMS = Path(__file__).resolve().parents[2] / "problems"
INSTANCES = 4
"""Tried to see which checks a wrong answer fails."""


@dataclass(frozen=True)
class Tried:
    """A wrong answer, and the example found for it."""

    problem: str
    name: str
    source: str
    found: FoundExample | None
    seconds: float


def try_problem(problem: Problem, most: int | None = None) -> list[Tried]:
    """The first ``most`` wrong answers of a problem."""
    paths = sorted(problem.folder.glob("submissions/wrong_answer/*.py"))[:most]
    with Examples(problem) as examples:
        return [_try(problem, path, examples) for path in paths]


def _try(problem: Problem, path: Path, examples: Examples) -> Tried:
    source = path.read_text(encoding="utf-8")
    failed = list(_failed(problem, source))
    started = time.perf_counter()
    with InProcessAnswers(problem, source) as answers:
        found = find_example(examples, answers, failed)
    return Tried(problem.name, path.stem, source, found, time.perf_counter() - started)


def _failed(problem: Problem, source: str) -> Iterator[Check]:
    with LiveReference(problem) as references, InProcessSession() as session:
        for check, visibility in load_checks(problem):
            if visibility is Visibility.PUBLIC:
                continue
            for index in range(min(check.instances, INSTANCES)):
                student = load(session, problem.files_with(source), problem.file_name)
                rng = Random(instance_seed(problem, check.name, index))
                try:
                    with np.errstate(all="ignore"):
                        check.run(student, references.for_check(check), rng)
                except Exception:  # however it fails, it fails
                    yield check
                    break


def figures(problems_root: Path = PROBLEMS) -> dict[str, Any]:
    """What was found, for all wrong answers of all problems."""
    rows, numbers, seconds = [], [], []
    for listing in discover(problems_root):
        for problem in load_pset(listing.folder).problems:
            tried = try_problem(problem)
            found = [one for one in tried if one.found is not None]
            pasted = paste(problem, [(one.source, one.found.example) for one in found if one.found])
            same = {
                one.name: result.agrees(one.found.example)
                for one, result in zip(found, pasted, strict=True)
                if one.found is not None
            }
            for one in tried:
                count = None if one.found is None else one.found.numbers
                rows.append(
                    {
                        "answer": f"{one.problem}/{one.name}",
                        "numbers": count,
                        "reproduces": same.get(one.name),
                    }
                )
                seconds.append(one.seconds)
                numbers += [] if count is None else [count]
    return {
        "wrong_answers": len(rows),
        "found": len(numbers),
        "share_found": len(numbers) / len(rows),
        "numbers_median": statistics.median(numbers),
        "not_reproduced": [row["answer"] for row in rows if row["reproduces"] is False],
        "not_found": [row["answer"] for row in rows if row["numbers"] is None],
        "search_seconds_median_in_process": statistics.median(seconds),
        "answers": rows,
    }


def cost(pset: ProblemSet, problem: Problem, count: int, backend: Backend) -> dict[str, Any]:
    """Seconds of grading a problem's wrong answers with the look and without it, and their ratio."""
    spent: dict[bool, list[float]] = {True: [], False: []}
    for path in sorted(problem.folder.glob("submissions/wrong_answer/*.py"))[:count]:
        submission = Submission.from_files({problem.file_name: path.read_bytes()}, pset)
        key = instance_key(b"bench", submission.digest)
        for looking in (True, False):
            skipped = mock.patch.object(Examples, "__call__", lambda _self, _check, result, *_rest: result)
            started = time.perf_counter()
            if looking:
                grade(pset, submission, backend, key=key, problem=problem.name)
            else:
                with skipped:
                    grade(pset, submission, backend, key=key, problem=problem.name)
            spent[looking].append(time.perf_counter() - started)
    medians = {looking: statistics.median(seconds) for looking, seconds in spent.items()}
    return {
        "problem": problem.name,
        "runtime": str(problem.runtime),
        "seconds_with": medians[True],
        "seconds_without": medians[False],
        "ratio": medians[True] / medians[False],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path)
    parser.add_argument("--count", type=int, default=5, help="wrong answers graded for the cost")
    options = parser.parse_args()
    result = figures()
    for runtime in (Runtime.NUMPY, Runtime.TORCH):
        for pset in (load_pset(listing.folder) for listing in discover(PROBLEMS)):
            chosen = next((one for one in pset.problems if one.runtime is runtime), None)
            if chosen is not None:
                with warmed(find("bubblewrap")) as backend:
                    result[f"cost_{runtime}"] = cost(pset, chosen, options.count, backend)
                break
    text = json.dumps(result, indent=1)
    if options.output:
        options.output.write_text(text + "\n", encoding="utf-8")
    print(json.dumps({key: value for key, value in result.items() if key != "answers"}, indent=1))


if __name__ == "__main__":
    main()

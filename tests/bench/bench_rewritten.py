"""The curriculum's mistakes, written anew without a look at the packages' wrong answers: which are named?

    python -m tests.bench.bench_rewritten --output docs/results/rewritten.json

Each file in ``tests/problems/rewritten`` is graded in this process on one instance and diagnosed. What its
author says of it is in ``notes.toml`` beside the files, what may be told of it in ``mistakes.toml``; naming
anything else is wrong, silence is not. When the packages learn from these files, somebody writes new ones.
"""

from __future__ import annotations

import argparse
import json
import tomllib
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from grader import Problem, Verdict, Visibility, discover, load_pset
from grader.advising import Advisor
from grader.diagnosis import Diagnostician
from grader.grading import grade_problem
from grader.loading import load_checks
from grader.remembering import RememberedReference
from grader.verification import InProcessAnswers

ROOT = Path(__file__).resolve().parents[2]
REWRITTEN = ROOT / "tests" / "problems" / "rewritten"
RIGHT = "right"
INSTANCE = 3


class Outcome(NamedTuple):
    """What came of one file: the hidden checks it failed, and the mistakes that were named."""

    problem: str
    name: str
    failed: tuple[str, ...]
    told: tuple[str, ...]


def outcomes(only: str | None = None) -> Iterator[Outcome]:
    """Grade and diagnose each file (of one problem)."""
    for listing in discover(ROOT / "problems"):
        for problem in load_pset(listing.folder).problems:
            if only in (None, problem.name):
                yield from _of_problem(problem)


def _of_problem(problem: Problem) -> Iterator[Outcome]:
    checks, references = load_checks(problem), RememberedReference(problem)
    advisor = Advisor(checks, (Diagnostician(problem, references).look,))
    open_answers = partial(InProcessAnswers, instance=INSTANCE)
    try:
        for path in sorted((REWRITTEN / problem.name).glob("*.py")):
            source = path.read_bytes()
            graded = grade_problem(problem, checks, references, source, open_answers, lambda _: None, advisor)
            failed = [
                check
                for check in graded.report.checks
                if check.visibility is Visibility.HIDDEN and check.verdict is not Verdict.PASSED
            ]
            told = {check.diagnosis.mistake for check in failed if check.diagnosis is not None}
            yield Outcome(problem.name, path.stem, tuple(check.name for check in failed), tuple(sorted(told)))
    finally:
        references.close()


def summary(found: list[Outcome]) -> dict[str, Any]:
    """The counts, and by name what was not caught, not told, or told wrongly."""
    may_be_told = tomllib.loads((REWRITTEN / "mistakes.toml").read_text(encoding="utf-8"))
    wrong = [one for one in found if one.name != RIGHT]
    caught = [one for one in wrong if one.failed]
    told = [one for one in caught if one.told]
    wrongly = [
        one for one in found if set(one.told) - set(may_be_told.get(one.problem, {}).get(one.name, ()))
    ]
    return {
        "right_answers": sum(one.name == RIGHT for one in found),
        "right_answers_rejected": [one.problem for one in found if one.name == RIGHT and one.failed],
        "mistakes": len(wrong),
        "caught": len(caught),
        "told": len(told),
        "told_rightly": len(told) - len(wrongly),
        "told_wrongly": [f"{one.problem}/{one.name}: {', '.join(one.told)}" for one in wrongly],
        "full_marks": [f"{one.problem}/{one.name}" for one in wrong if not one.failed],
        "silent": [f"{one.problem}/{one.name}" for one in caught if not one.told],
    }


def main() -> None:
    """Print the summary, and write it where ``--output`` says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path)
    parser.add_argument("--problem")
    arguments = parser.parse_args()
    text = json.dumps(summary(list(outcomes(arguments.problem))), indent=1)
    print(text)
    if arguments.output is not None:
        arguments.output.write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()

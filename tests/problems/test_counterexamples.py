"""A wrong answer of the real problems gets a small example, and it comes out the same when pasted.

One of each problem; all of them at length.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from grader import discover, load_pset
from grader.counterexamples.pasting import paste
from grader.counterexamples.writing import MOST_LINES
from sandbox import Runtime
from tests.bench.bench_counterexamples import Tried, try_problem

ROOT = Path(__file__).resolve().parents[2] / "problems"
PSETS = [listing.folder for listing in discover(ROOT)]
AT_LENGTH = bool(os.environ.get("GRADECLI_LONG"))


@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::UserWarning")
@pytest.mark.parametrize("folder", PSETS, ids=lambda folder: folder.name)
def test_wrong_answers_get_small_examples_that_come_out_the_same_when_pasted(folder: Path) -> None:
    tried: list[Tried] = []
    for problem in load_pset(folder).problems:
        if AT_LENGTH or problem.runtime is Runtime.NUMPY:
            of_problem = try_problem(problem, most=None if AT_LENGTH else 1)
            found = [one for one in of_problem if one.found is not None]
            cases = [(one.source, one.found.example) for one in found if one.found is not None]
            for one, pasted in zip(found, paste(problem, cases), strict=True):
                assert one.found is not None
                assert pasted.agrees(one.found.example), (one, pasted)
                assert one.found.example.code.count("\n") < MOST_LINES
            tried += of_problem
    without = [f"{one.problem}/{one.name}" for one in tried if one.found is None]
    assert len(without) <= 0.05 * len(tried), without

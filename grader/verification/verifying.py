"""Verifies problems: tries every answer of every package, in several processes, and judges the outcome."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from grader.package import Problem, ProblemSet, load_pset
from grader.verification.judging import judge
from grader.verification.package import Expectations, PackageAnswer, answers_of
from grader.verification.proof import Finding, ProblemProof, Proof
from grader.verification.trying import Extent, Tried, TriedProblem, try_answer
from grader.verification.workers import Lost, do_all
from sandbox import Runtime
from sandbox.errors import InfrastructureError

__all__ = ["Chosen", "verify"]

SECONDS: Final = 300.0
"""For one answer on all instances in all runs. Right and wrong answers end; what does not belongs into
``submissions/time_limit_exceeded``."""

OnDone = Callable[[int, int, str], None]
"""Told how many answers were tried, of how many, and whose the last was."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A problem to verify, and the set it is in."""

    pset: ProblemSet
    problem: Problem


@dataclass(frozen=True, slots=True)
class _TryAnswer:
    folder: Path
    problem: str
    answer: PackageAnswer
    extent: Extent

    def run(self) -> Tried:
        return try_answer(_open.problem(self.folder, self.problem), self.answer, self.extent)


def verify(chosen: Sequence[Chosen], extent: Extent, *, jobs: int, on_done: OnDone | None = None) -> Proof:
    """Verify problems.

    Args:
        jobs: processes that try answers; none for this one.

    Raises:
        PackageError: a package cannot be read at all; what is wrong in one that can is a finding.
        InfrastructureError: a sandbox could not be had.
    """
    tasks = [
        _TryAnswer(one.problem.folder, one.problem.name, answer, extent)
        for one in chosen
        for answer in answers_of(one.problem)
    ]
    results: dict[int, Tried | Lost] = {}
    try:
        for number, result in do_all(tasks, jobs=jobs, seconds=SECONDS):
            if isinstance(result, Lost) and result.by_platform:
                raise InfrastructureError(result.why)
            results[number] = result
            if on_done is not None:
                on_done(len(results), len(tasks), tasks[number].problem)
    finally:
        _open.close()
    by_problem: dict[Path, list[tuple[PackageAnswer, Tried | Lost]]] = {}
    for index, task in enumerate(tasks):
        by_problem.setdefault(task.folder, []).append((task.answer, results[index]))
    proofs = tuple(_proof(one, by_problem[one.problem.folder], extent) for one in chosen)
    return Proof(ok=all(proof.ok for proof in proofs), problems=proofs)


def _proof(
    one: Chosen, results: Sequence[tuple[PackageAnswer, Tried | Lost]], extent: Extent
) -> ProblemProof:
    tried = [result for _, result in results if isinstance(result, Tried)]
    opened = TriedProblem(one.problem)
    try:
        proof = judge(one.pset.name, opened, Expectations.read(one.problem), tried, extent)
    finally:
        opened.close()
    lost = tuple(_lost(answer, result) for answer, result in results if isinstance(result, Lost))
    return proof.model_copy(update={"findings": (*lost, *proof.findings)})


def _lost(answer: PackageAnswer, lost: Lost) -> Finding:
    return Finding(
        about=answer.title,
        what=f"It could not be tried: {lost.why}.",
        advice="If that is what it shows, move it to submissions/time_limit_exceeded or run_time_error.",
    )


class _Open:
    """The problem that this process has open: answers of one come in a row, and share the reference's."""

    def __init__(self) -> None:
        self._key: tuple[Path, str] | None = None
        self._problem: TriedProblem | None = None

    def problem(self, folder: Path, name: str) -> TriedProblem:
        """The problem in ``folder``; another one that was open is closed.

        Raises:
            PackageError: it cannot be read.
        """
        if self._problem is None or self._key != (folder, name):
            self.close()
            problem = load_pset(folder.parent).problem(name)
            if problem.runtime is not Runtime.NUMPY:
                import torch

                torch.set_num_threads(1)  # more would only be in the way of the other processes
            self._key, self._problem = (folder, name), TriedProblem(problem)
        return self._problem

    def close(self) -> None:
        """End what runs."""
        if self._problem is not None:
            self._problem.close()
            self._problem = None


_open: Final = _Open()

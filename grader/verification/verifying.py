"""Verifies problems: tries every answer of every package, in several processes, and judges the outcome."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from grader.package import Problem, ProblemSet
from grader.verification.judging import judge
from grader.verification.mutants import Explained, MutantFate, MutantTrial, mutant_proof, mutants_of
from grader.verification.mutants.verdict import MutantProof
from grader.verification.opening import opened
from grader.verification.package import Expectations, PackageAnswer, answers_of
from grader.verification.proof import Finding, ProblemProof, Proof
from grader.verification.trying import Extent, Tried, TriedProblem, try_answer
from grader.verification.workers import Blame, Lost, do_all
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
        return try_answer(opened.problem(self.folder, self.problem), self.answer, self.extent)


def verify(
    chosen: Sequence[Chosen],
    extent: Extent,
    *,
    jobs: int,
    mutants: bool = False,
    on_done: OnDone | None = None,
) -> Proof:
    """Verify problems.

    Args:
        mutants: also try those of the references.
        jobs: processes that try answers; none for this one.

    Raises:
        PackageError: a package cannot be read at all; what is wrong in one that can is a finding.
        InfrastructureError: a sandbox could not be had.
    """
    tasks: list[_TryAnswer | MutantTrial] = []
    for problem in (one.problem for one in chosen):
        folder, name = problem.folder, problem.name
        tasks += [_TryAnswer(folder, name, answer, extent) for answer in answers_of(problem)]
        if mutants:
            made = mutants_of(problem.text("reference.py"))
            tasks += [MutantTrial(folder, name, mutant, extent) for mutant in made]
    results = _results(tasks, jobs, on_done)
    proofs = []
    for one in chosen:
        own: list[Any] = [
            pair for pair in zip(tasks, results, strict=True) if pair[0].folder == one.problem.folder
        ]
        answers = [(task.answer, result) for task, result in own if isinstance(task, _TryAnswer)]
        proof = _proof(one, answers, extent)
        if mutants:
            fates = [(task.mutant, result) for task, result in own if isinstance(task, MutantTrial)]
            proof = _with_mutants(proof, mutant_proof(fates, Explained.read(one.problem)))
        proofs.append(proof)
    return Proof(ok=all(proof.ok for proof in proofs), problems=tuple(proofs))


def _results(tasks: Sequence[Any], jobs: int, on_done: OnDone | None) -> list[Tried | MutantFate | Lost]:
    """What came of each task.

    Raises:
        InfrastructureError: a sandbox could not be had.
    """
    results: dict[int, Tried | MutantFate | Lost] = {}
    try:
        for number, result in do_all(tasks, jobs=jobs, seconds=SECONDS):
            if isinstance(result, Lost) and result.blame is Blame.PLATFORM:
                raise InfrastructureError(result.why)
            results[number] = result
            if on_done is not None:
                on_done(len(results), len(tasks), tasks[number].problem)
    finally:
        opened.close()
    return [results[number] for number in range(len(tasks))]


def _proof(
    one: Chosen, results: Sequence[tuple[PackageAnswer, Tried | MutantFate | Lost]], extent: Extent
) -> ProblemProof:
    tried = [result for _, result in results if isinstance(result, Tried)]
    problem = TriedProblem(one.problem)
    try:
        proof = judge(one.pset.name, problem, Expectations.read(one.problem), tried, extent)
    finally:
        problem.close()
    lost = [(answer, result) for answer, result in results if isinstance(result, Lost)]
    broken = dict.fromkeys(result.why for _, result in lost if result.blame is Blame.PACKAGE)
    missing = [_broken(why) for why in broken]
    missing += [_lost(answer, result) for answer, result in lost if result.blame is Blame.TASK]
    return proof.model_copy(update={"findings": (*missing, *proof.findings)})


def _with_mutants(proof: ProblemProof, found: MutantProof) -> ProblemProof:
    return proof.model_copy(
        update={
            "mutants": found.counts,
            "survivors": found.survivors,
            "mutants_diagnosed": found.diagnosed,
            "inputs_compared": found.inputs,
            "misdiagnosed": proof.misdiagnosed + found.misdiagnosed,
            "findings": (*proof.findings, *found.findings),
        }
    )


def _broken(why: str) -> Finding:
    return Finding(
        about="the package",
        what=f"Some of its answers could not be judged: {why}",
        advice="Correct the file that is named; the findings below may be due to it.",
    )


def _lost(answer: PackageAnswer, lost: Lost) -> Finding:
    return Finding(
        about=answer.title,
        what=f"It could not be tried: {lost.why}.",
        advice="If that is what it shows, move it to submissions/time_limit_exceeded or run_time_error.",
    )

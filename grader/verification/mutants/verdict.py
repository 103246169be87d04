"""Counts what became of a problem's mutants, and says what to do about those that survived."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from grader.errors import PackageError
from grader.package import Problem
from grader.verification.inputs import INPUTS_FILE
from grader.verification.mutants.changes import Mutant
from grader.verification.mutants.fates import Fate, MutantFate
from grader.verification.proof import Finding, MutantCounts, Survivor
from grader.verification.workers import Blame, Lost

__all__ = ["EXPLAINED_FILE", "Explained", "MutantProof", "mutant_proof"]

EXPLAINED_FILE: Final = "submissions/mutants/explained.toml"


@dataclass(frozen=True, slots=True)
class Explained:
    """``submissions/mutants/explained.toml``: for a mutant that may survive, why, by its key."""

    reasons: Mapping[str, str]

    @classmethod
    def read(cls, problem: Problem) -> Explained:
        """
        Raises:
            PackageError: the file says something else.
        """
        path = problem.folder / EXPLAINED_FILE
        if not path.is_file():
            return cls({})
        try:
            table = tomllib.loads(problem.text(EXPLAINED_FILE))
        except tomllib.TOMLDecodeError as error:
            raise PackageError(path, f"is not TOML: {error}") from error
        reasons = table.get("survivors", {})
        if set(table) - {"survivors"} or not all(isinstance(why, str) and why for why in reasons.values()):
            raise PackageError(path, 'has one table, [survivors], of lines "KEY" = "why it may survive"')
        return cls(reasons)


class MutantProof(NamedTuple):
    """Of one problem."""

    counts: MutantCounts
    survivors: tuple[Survivor, ...]
    diagnosed: int
    misdiagnosed: int
    inputs: int
    findings: tuple[Finding, ...]


def mutant_proof(results: Sequence[tuple[Mutant, MutantFate | Lost]], explained: Explained) -> MutantProof:
    """What became of the mutants of one problem. One that hangs or ends its process is killed by that."""
    fates = [fate for _, fate in results if isinstance(fate, MutantFate)]
    lost = [fate for _, fate in results if isinstance(fate, Lost)]
    broken = dict.fromkeys(fate.why for fate in lost if fate.blame is Blame.PACKAGE)
    survived = [fate for fate in fates if fate.fate is Fate.SURVIVED]
    counts = MutantCounts(
        made=len(results),
        equivalent=sum(fate.fate is Fate.EQUIVALENT for fate in fates),
        killed=sum(fate.fate is Fate.KILLED for fate in fates)
        + sum(fate.blame is Blame.TASK for fate in lost),
        survived=len(survived),
    )
    inputs = min((fate.inputs for fate in fates if fate.fate is Fate.EQUIVALENT), default=0)
    diagnosed = sum(bool(fate.diagnosed) for fate in fates)
    survivors = tuple(
        Survivor(
            mutant=fate.mutant.key,
            line=fate.mutant.line,
            seen=fate.seen or f"caught only sometimes, by {', '.join(fate.sometimes)}",
            explained=explained.reasons.get(fate.mutant.key, ""),
        )
        for fate in survived
    )
    findings = [_unjudged(why) for why in broken]
    findings += [_survived(one) for one in survivors if not one.explained]
    findings += [_misdiagnosed(fate) for fate in fates if fate.taken_for]
    findings += [_stale(key) for key in sorted(explained.reasons.keys() - {one.mutant for one in survivors})]
    misdiagnosed = sum(bool(fate.taken_for) for fate in fates)
    return MutantProof(counts, survivors, diagnosed, misdiagnosed, inputs, tuple(findings))


def _unjudged(why: str) -> Finding:
    return Finding(
        about=INPUTS_FILE,
        what=f"Some mutants could not be judged: {why}",
        advice="Write or correct it: a function ask(answer, rng) that yields what random calls give.",
    )


def _survived(one: Survivor) -> Finding:
    return Finding(
        about=f"reference.py, line {one.line}",
        what=f"No check kills the mutant `{one.mutant}` ({one.seen}).",
        advice="Let a check meet inputs on which it differs; or, if nobody needs to get that right, say so "
        f'in {EXPLAINED_FILE} below [survivors]: "{one.mutant}" = "why".',
    )


def _misdiagnosed(fate: MutantFate) -> Finding:
    return Finding(
        about=f"reference.py, line {fate.mutant.line}",
        what=f"{fate.by} takes the mutant `{fate.mutant.key}` for {fate.taken_for}, which it is not.",
        advice="Whoever made it would be told something false. Let the check's inputs tell the two apart.",
    )


def _stale(key: str) -> Finding:
    return Finding(
        about=EXPLAINED_FILE,
        what=f"It explains `{key}`, which did not survive.",
        advice="Remove the line.",
    )

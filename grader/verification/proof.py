"""What a verification comes to: for people a table and advice, for programs these models as JSON."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

__all__ = ["CheckProof", "Finding", "MutantCounts", "ProblemProof", "Proof", "Survivor"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Finding(_Frozen):
    """Something that does not hold: in which file or check, what, and what to do next."""

    about: str
    what: str
    advice: str


class CheckProof(_Frozen):
    """A hidden check, with the wrong answers that lose its points on every instance that was tried.

    ``alone`` are those that lose no others; ``kept`` is the author's reason for a check without any.
    ``used`` is the largest part of a tolerance that a right answer needed (``used_single`` in float32), and
    ``nearest`` how many tolerances away the nearest wrong answer was that its values gave away.
    """

    name: str
    title: str
    points: float
    catches: tuple[str, ...]
    alone: tuple[str, ...]
    kept: str = ""
    used: float = 0.0
    used_single: float = 0.0
    nearest: float | None = None
    nearest_by: str = ""


class MutantCounts(_Frozen):
    """Mutants of the reference; all zero where none were asked for."""

    made: int = 0
    equivalent: int = 0
    killed: int = 0
    survived: int = 0


class Survivor(_Frozen):
    """A mutant that no check kills: its key and line, where it differs, and the author's reason to let it."""

    mutant: str
    line: int
    seen: str
    explained: str = ""


class ProblemProof(_Frozen):
    """One problem. Counts are of answers: ``accepted`` of right ones with full marks, ``rejected_right`` of
    right ones without, ``caught`` of wrong ones that lose points whatever instances they meet, ``diagnosed``
    of those told their own mistake, ``misdiagnosed`` of answers and mutants told something false, ``flaky``
    of answers with another verdict in another run. ``float64_only`` are checks on which the reference itself
    could not be judged in float32. ``inputs_compared`` is the least number of inputs on which a mutant that
    counts as equivalent answered as the reference; ``mutants_diagnosed`` is how many were told a mistake."""

    pset: str
    name: str
    topics: tuple[int, ...]
    accepted: int
    rejected_right: int
    wrong_answers: int
    caught: int
    diagnosed: int
    misdiagnosed: int
    flaky: int
    mutants: MutantCounts = MutantCounts()
    survivors: tuple[Survivor, ...] = ()
    mutants_diagnosed: int = 0
    inputs_compared: int = 0
    float64_only: tuple[str, ...] = ()
    checks: tuple[CheckProof, ...] = ()
    instances: int = 0
    runs: int = 0
    findings: tuple[Finding, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether all holds."""
        return not self.findings


class Proof(_Frozen):
    """All that was verified."""

    ok: bool
    problems: tuple[ProblemProof, ...]

"""What one run found, as JSON for programs and as a page for people."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.chaos.kills.killer import Kill
from tests.chaos.kills.plan import Plan

__all__ = ["Outcome"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The kills, and what was true afterwards. ``leases`` counts submissions by how often a worker
    took them; ``answers`` what the students' requests came back with."""

    plan: Plan
    kills: tuple[Kill, ...]
    accepted: int
    leases: dict[int, int]
    answers: dict[str, int]
    graded_in_peace: int
    broken_rules: tuple[str, ...]
    different: tuple[str, ...]
    left: tuple[str, ...]
    seconds: float

    def wrong(self) -> tuple[str, ...]:
        """All that is not as it must be."""
        short = () if self.accepted == self.plan.submissions else (f"only {self.accepted} were accepted",)
        return (*short, *self.broken_rules, *self.different, *self.left)

    def keep(self, path: Path) -> None:
        """Write ``path`` as JSON, and the page beside it."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")
        path.with_suffix(".md").write_text(self.text(), encoding="utf-8")

    def text(self) -> str:
        plan = self.plan
        database = "PostgreSQL" if plan.postgresql else "SQLite"
        sandbox = "Docker" if plan.docker else "bubblewrap"
        counted = Counter(kill.kind for kill in self.kills)
        how = f"{database}, {sandbox}, {plan.workers} workers, {plan.students} students. Seed {plan.seed}."
        in_peace = f"Different file sets graded again in peace: {self.graded_in_peace}."
        lines = [
            f"# {len(self.kills)} kills while {self.accepted} submissions arrive",
            "",
            f"{how} {self.seconds:g} s from the first start until all was graded.",
            "",
            "| killed | times |",
            "|---|---|",
            *(f"| {kind} | {counted[kind]} |" for kind in plan.kinds()),
            "",
            f"- Accepted submissions: {self.accepted}. Broken rules: {_said(self.broken_rules)}.",
            f"- {in_peace} Reports that differ: {_said(self.different)}.",
            f"- Left over: {_said(self.left)}.",
            f"- Submissions by how often a worker took them: {_counts(self.leases)}.",
            f"- What the students' requests came back with: {_counts(self.answers)}.",
        ]
        return "\n".join(lines) + "\n"


def _said(found: tuple[str, ...]) -> str:
    return "; ".join(found) if found else "none"


def _counts(found: dict[int, int] | dict[str, int]) -> str:
    return ", ".join(f"{name}: {count}" for name, count in sorted(found.items(), key=lambda one: str(one[0])))

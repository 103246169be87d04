"""Writes what ``gradecli verify --mutants --json`` found as a page.

``python -m tests.bench.mutants JSON PAGE``
"""

from __future__ import annotations

import sys
from pathlib import Path

from grader.verification import ProblemProof, Proof

__all__ = ["page"]

_HEADERS = (
    *("problem", "right", "rejected", "wrong", "caught", "diagnosed", "falsely", "flaky"),
    *("mutants", "equivalent", "killed", "survived", "inputs"),
)


def page(proof: Proof) -> str:
    """The counts by problem, all together, and each survivor with its explanation."""
    rows = [_row(f"{one.pset}/{one.name}", [one]) for one in proof.problems]
    rows.append(_row("**all**", list(proof.problems)))
    survivors = [
        f"- `{one.name}`, line {survivor.line}: `{survivor.mutant}`. "
        + (survivor.explained or f"**Not explained** ({survivor.seen}).")
        for one in proof.problems
        for survivor in one.survivors
    ]
    return "\n".join(
        [
            "# What is proved of the problems",
            "",
            "Made by `make long-verify`. Counts of answers and of mutants. *Killed* is of those that are not",
            "equivalent; *inputs* is the least number on which one was compared that counts as equivalent.",
            "",
            f"| {' | '.join(_HEADERS)} |",
            "|---" + "|---:" * (len(_HEADERS) - 1) + "|",
            *rows,
            "",
            "## Survivors",
            "",
            *(survivors or ["None."]),
            "",
        ]
    )


def _row(title: str, proofs: list[ProblemProof]) -> str:
    mutants = [one.mutants for one in proofs]
    made, equivalent, killed = (
        sum(getattr(counts, name) for counts in mutants) for name in ("made", "equivalent", "killed")
    )
    told = (
        *(
            sum(getattr(one, name) for one in proofs)
            for name in (
                "accepted",
                "rejected_right",
                "wrong_answers",
                "caught",
                "diagnosed",
                "misdiagnosed",
                "flaky",
            )
        ),
        made,
        f"{equivalent} ({equivalent / max(made, 1):.1%})",
        f"{killed} ({killed / max(made - equivalent, 1):.1%})",
        sum(counts.survived for counts in mutants),
        min((one.inputs_compared for one in proofs if one.mutants.equivalent), default=0),
    )
    return f"| {title} | " + " | ".join(map(str, told)) + " |"


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(page(Proof.model_validate_json(Path(sys.argv[1]).read_text())))

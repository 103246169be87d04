"""Proves that a problem package tells right from wrong, for its author: ``gradecli verify``.

Everything that runs here is the package's own: its answers are trusted files, and no student's.
"""

from grader.verification.answers import InProcessAnswers
from grader.verification.proof import CheckProof, Finding, MutantCounts, ProblemProof, Proof
from grader.verification.spread import SPREAD_FILE, spread_text
from grader.verification.trying import Extent
from grader.verification.verifying import Chosen, verify

__all__ = [
    "SPREAD_FILE",
    "CheckProof",
    "Chosen",
    "Extent",
    "Finding",
    "InProcessAnswers",
    "MutantCounts",
    "ProblemProof",
    "Proof",
    "spread_text",
    "verify",
]

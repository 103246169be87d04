"""Mutants: wrong answers that nobody wrote, derived from the reference by fixed changes of its code.

What the checks do not notice of them is what the checks do not check.
"""

from grader.verification.mutants.changes import Mutant, mutants_of
from grader.verification.mutants.fates import Fate, MutantFate, MutantTrial
from grader.verification.mutants.verdict import Explained, mutant_proof

__all__ = ["Explained", "Fate", "Mutant", "MutantFate", "MutantTrial", "mutant_proof", "mutants_of"]

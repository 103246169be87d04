"""Proves that a problem package tells right from wrong, for its author: ``gradecli verify``.

Everything that runs here is the package's own: its answers are trusted files, and no student's.
"""

from grader.verification.answers import InProcessAnswers

__all__ = ["InProcessAnswers"]

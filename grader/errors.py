"""What can go wrong in grading that is not a verdict.

::

    GraderError
    ├── PackageError          a problem package is wrong: which file, and what to do
    ├── BadSubmissionError    what was handed in cannot be graded: a sentence for the student
    │   └── TooLargeSubmissionError   because there is too much of it
    ├── TranscriptError       a transcript is damaged or was too large: the submission must be run again
    ├── DivergedError         a check asks what its transcript has no answer to: likewise
    ├── NotRecordedError      advice asks what its transcript has no answer to: no advice then
    └── GradingFailedError    the platform failed; ``retriable`` says whether trying again can help
        └── OutageError           because what all grading needs is away: no submission's doing

A submission that is merely wrong is never an error: it is a report.
"""

from __future__ import annotations

from pathlib import Path

__all__ = [
    "BadSubmissionError",
    "DivergedError",
    "GraderError",
    "GradingFailedError",
    "NotRecordedError",
    "OutageError",
    "PackageError",
    "TooLargeSubmissionError",
    "TranscriptError",
]


class GraderError(Exception):
    """The root of everything this package raises on purpose."""


class PackageError(GraderError):
    """A problem package is wrong. ``path`` is the file to look at."""

    def __init__(self, path: Path, message: str) -> None:
        super().__init__(f"{path}: {message}")
        self.path = path


class BadSubmissionError(GraderError):
    """A submission cannot be read. The message tells the student what to do next."""


class TranscriptError(GraderError):
    """A transcript cannot be used: it is damaged, or grew too large to be kept."""


class DivergedError(GraderError):
    """A check asks what the transcript has no answer to. The message says how its calls differ."""


class NotRecordedError(GraderError):
    """Advice asks what the transcript has no answer to. Points do not rest on it, so nothing is run again."""


class TooLargeSubmissionError(BadSubmissionError):
    """A submission holds more than is taken."""


class GradingFailedError(GraderError):
    """The platform could not grade. It never costs the student anything."""

    def __init__(self, message: str, *, retriable: bool = True) -> None:
        super().__init__(message)
        self.retriable = retriable


class OutageError(GradingFailedError):
    """What grading needs is away (the sandbox, its engine, room on a disk): any submission would meet it."""

    def __init__(self, message: str) -> None:
        super().__init__(message, retriable=True)

"""Names the mistake in an answer that failed a check.

A failed check is run once more on inputs that are the same for every submission, and what it judges is
compared with what the package's wrong answers give there. On a match by a wide margin the wrong answer's
sentence is told; an unknown mistake gets a signature by which those alike can be found. See
``docs/decisions/diagnosis.md``.
"""

from grader.diagnosis.clusters import alike, clusters
from grader.diagnosis.diagnosing import Diagnostician, Finding, Trials
from grader.diagnosis.keeping import KeptTraces, sweep
from grader.diagnosis.mistakes import KnownMistake, known_mistakes, require_sound_mistakes

__all__ = [
    "Diagnostician",
    "Finding",
    "KeptTraces",
    "KnownMistake",
    "Trials",
    "alike",
    "clusters",
    "known_mistakes",
    "require_sound_mistakes",
    "sweep",
]

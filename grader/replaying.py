"""Replays many transcripts in one child process, which knows what the references answer after the first few.

The parent writes one JSON object to its standard input and reads a line for each transcript:
``{"replayed": name, ...}`` with ``report``, ``diverged`` or ``unreadable``; then ``{"done": true}``.
"""

from __future__ import annotations

import base64
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.conversation import become_a_grading_child, converse
from grader.diagnosis import KeptTraces
from grader.errors import BadSubmissionError, GraderError, GradingFailedError, TranscriptError
from grader.package import load_pset
from grader.replay import Replayer
from grader.report import GradeReport
from grader.submission import Submission
from grader.transcripts import read_transcript

__all__ = ["ReplayItem", "ReplayOutcome", "replay_in_child"]


@dataclass(frozen=True, slots=True)
class ReplayItem:
    """One submission to replay: its files by problem name, and its transcript's file."""

    name: str
    files: Mapping[str, bytes]
    transcript: Path


@dataclass(frozen=True, slots=True)
class ReplayOutcome:
    """What a replay came to: a report, or why the submission must be run again, for staff."""

    name: str
    report: GradeReport | None
    why: str


def replay_in_child(
    pset_folder: Path,
    items: Sequence[ReplayItem],
    on_outcome: Callable[[ReplayOutcome], None],
    *,
    on_complaint: Callable[[str], None] | None = None,
    timeout: float,
    traces: Path | None = None,
) -> None:
    """Replay each of ``items`` with the set in ``pset_folder``.

    Args:
        on_outcome: told of each as soon as it is there, in the calling thread.
        timeout: seconds for all of them.
        traces: see :class:`grader.child.ChildJob`.

    Raises:
        GradingFailedError: the child ended before it had done them all; what was told stands.
    """
    listed = [
        {
            "name": item.name,
            "files": {name: base64.b64encode(content).decode() for name, content in item.files.items()},
            "transcript": str(item.transcript),
        }
        for item in items
    ]
    folder = None if traces is None else str(traces)
    job = json.dumps({"pset": str(pset_folder), "items": listed, "traces": folder}).encode()

    def heed(message: dict[str, Any]) -> bool | None:
        match message:
            case {"replayed": str(name), "report": report}:
                on_outcome(ReplayOutcome(name, GradeReport.model_validate(report), ""))
            case {"replayed": str(name), "why": str(why)}:
                on_outcome(ReplayOutcome(name, None, why))
            case {"done": True}:
                return True
            case {"error": str(text)}:
                raise GradingFailedError(text, retriable=False)
            case _:
                raise GradingFailedError("the replaying process said something of no known kind")
        return None

    converse("grader.replaying", job, heed, on_complaint=on_complaint, timeout=timeout)


def _replay_all(job: dict[str, Any]) -> Iterator[dict[str, object]]:
    pset = load_pset(Path(job["pset"]))
    kept = KeptTraces(Path(job["traces"])) if job["traces"] else None
    with Replayer(pset, kept_traces=kept) as replayer:
        for item in job["items"]:
            files = {f"{name}.py": base64.b64decode(content) for name, content in item["files"].items()}
            try:
                transcript = read_transcript(Path(item["transcript"]).read_bytes())
                found = replayer.replay(Submission.from_files(files, pset), transcript)
            except (TranscriptError, BadSubmissionError, OSError) as error:
                yield {"replayed": item["name"], "why": str(error)}
                continue
            if found.report is not None:
                yield {"replayed": item["name"], "report": found.report.model_dump(mode="json")}
            else:
                why = "; ".join(f"{one.problem}/{one.check}: {one.why}" for one in found.divergences)
                yield {"replayed": item["name"], "why": why}


def main() -> None:
    """The child's own entry point."""
    tell = become_a_grading_child()
    try:
        for outcome in _replay_all(json.loads(sys.stdin.buffer.read())):
            tell(outcome)
        tell({"done": True})
    except GraderError as error:
        tell({"error": str(error)})
    os._exit(0)  # as a grading child does


if __name__ == "__main__":
    main()

"""Grades one submission in a process of its own: no credentials, bounded memory and CPU, killable.

The parent writes one JSON object to the child's standard input and reads JSON lines from its standard
output: ``{"seconds": ...}``, how long the set may take; ``{"event": ...}`` and ``{"measurement": ...}``
as they happen; then ``{"report": ...}``, or ``{"outage": ...}`` when what grading needs is away, or
``{"error": ...}`` when this set or submission cannot be graded. Whatever else happens to the child is a
:class:`GradingFailedError` here, and may be the submission's doing.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from grader.bounds import longest_grading
from grader.conversation import become_a_grading_child, converse
from grader.diagnosis import KeptTraces
from grader.errors import BadSubmissionError, GradingFailedError, OutageError, PackageError
from grader.frozen import frozen_seeds
from grader.grading import GradeEvent, grade
from grader.nursery import Nursery
from grader.outages import is_outage
from grader.package import load_pset
from grader.report import GradeReport, Measurement
from grader.submission import Submission
from grader.transcripts import TranscriptWriter
from sandbox import SERVER_BACKENDS, Backend, InfrastructureError, find
from sandbox.zygotes import WarmBackend, can_be_warm

__all__ = ["ChildJob", "grade_in_child"]

_PATHS: Final = ("seeds_of", "transcript", "traces", "zygotes")


@dataclass(frozen=True, slots=True)
class ChildJob:
    """What a grading child needs to know.

    ``files`` are the submission's files by problem name; ``key`` decides the instances, with the seeds
    of the frozen set ``seeds_of`` if one is named. ``transcript`` is a file to write one to;
    ``traces`` a folder in which what known wrong answers do is kept for the next child; ``zygotes`` the
    folder of a :class:`sandbox.zygotes.ZygoteKeeper`, where sandboxes are to be warm.
    """

    pset_folder: Path
    files: Mapping[str, bytes]
    backend: str
    key: bytes
    seeds_of: Path | None = None
    transcript: Path | None = None
    traces: Path | None = None
    zygotes: Path | None = None

    def to_json(self) -> bytes:
        files = {name: base64.b64encode(content).decode() for name, content in self.files.items()}
        job: dict[str, Any] = {"pset": str(self.pset_folder), "files": files, "backend": self.backend}
        named = {name: getattr(self, name) and str(getattr(self, name)) for name in _PATHS}
        return json.dumps(job | {"key": self.key.hex()} | named).encode()

    @classmethod
    def from_json(cls, text: bytes) -> ChildJob:
        job = json.loads(text)
        files = {name: base64.b64decode(content) for name, content in job["files"].items()}
        named = {name: job[name] and Path(job[name]) for name in _PATHS}
        return cls(Path(job["pset"]), files, job["backend"], bytes.fromhex(job["key"]), **named)


def grade_in_child(
    job: ChildJob,
    *,
    on_event: Callable[[GradeEvent], None] | None = None,
    on_measurement: Callable[[str, Measurement], None] | None = None,
    on_complaint: Callable[[str], None] | None = None,
    timeout: float,
    nursery: Nursery | None = None,
) -> GradeReport:
    """Grade in a child process.

    Args:
        on_event: told of progress, in the calling thread.
        on_measurement: told of each problem's time and memory.
        on_complaint: told of each line that the child writes to its standard error, the first
            ``MOST_COMPLAINTS`` of them, each cut short; called in a thread of its own.
        timeout: seconds after which the child is killed, whatever the set asks for. Otherwise it has
            as long as every check of the set running to its limit takes, and no longer.
        nursery: forks the child, if it can.

    Raises:
        OutageError: what grading needs is away; nothing was decided.
        GradingFailedError: the platform failed; nothing was decided.
        OSError: this machine starts no process at the moment.
    """

    def heed(message: dict[str, Any]) -> GradeReport | None:
        return _heed(message, on_event, on_measurement)

    return converse(
        "grader.child", job.to_json(), heed, on_complaint=on_complaint, timeout=timeout, nursery=nursery
    )


def _heed(
    message: dict[str, Any],
    on_event: Callable[[GradeEvent], None] | None,
    on_measurement: Callable[[str, Measurement], None] | None,
) -> GradeReport | None:
    match message:
        case {"event": event}:
            if on_event is not None:
                on_event(GradeEvent.model_validate(event))
        case {"measurement": measurement, "problem": problem}:
            if on_measurement is not None:
                on_measurement(problem, Measurement.model_validate(measurement))
        case {"report": report}:
            return GradeReport.model_validate(report)
        case {"outage": str(text)}:
            raise OutageError(text)
        case {"error": str(text)}:
            raise GradingFailedError(text, retriable=False)
        case _:
            raise GradingFailedError("the grading process said something of no known kind")
    return None


def main() -> None:
    """The child's own entry point."""
    tell = become_a_grading_child()
    try:
        job = ChildJob.from_json(sys.stdin.buffer.read())
        if job.backend not in SERVER_BACKENDS:
            raise InfrastructureError(f"a server does not grade in the {job.backend!r} sandbox")
        with contextlib.ExitStack() as stack:
            transcript = None
            if job.transcript is not None:
                transcript = stack.enter_context(
                    TranscriptWriter(stack.enter_context(job.transcript.open("wb")))
                )
            report = _grade(job, tell, transcript)
        tell({"report": report.model_dump(mode="json")})
    except (InfrastructureError, OSError) as error:
        if not is_outage(error):
            raise
        tell({"outage": str(error)})
    except (PackageError, BadSubmissionError) as error:
        tell({"error": str(error)})
    os._exit(0)  # finalising torch's interpreter takes half a second and tells nobody anything


def _grade(
    job: ChildJob, tell: Callable[[dict[str, object]], None], transcript: TranscriptWriter | None
) -> GradeReport:
    pset = load_pset(job.pset_folder)
    tell({"seconds": longest_grading(pset)})
    if job.seeds_of is not None:
        pset = pset.with_seeds(frozen_seeds(job.seeds_of))
    files = {pset.problem(name).file_name: content for name, content in job.files.items()}
    return grade(
        pset,
        Submission.from_files(files, pset),
        _backend(job),
        key=job.key,
        on_event=lambda event: tell({"event": event.model_dump(mode="json")}),
        on_measurement=lambda problem, used: tell(
            {"measurement": used.model_dump(mode="json"), "problem": problem}
        ),
        transcript=transcript,
        kept_traces=KeptTraces(job.traces) if job.traces else None,
    )


def _backend(job: ChildJob) -> Backend:
    backend = find(job.backend)
    return WarmBackend(backend, job.zygotes) if job.zygotes and can_be_warm(backend) else backend


if __name__ == "__main__":
    main()

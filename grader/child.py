"""Grades one submission in a process of its own: no credentials, bounded memory and CPU, killable.

The parent writes one JSON object to the child's standard input and reads JSON lines from its standard
output: ``{"seconds": ...}``, how long the set may take; ``{"event": ...}`` and ``{"measurement": ...}``
as they happen; then ``{"report": ...}`` or ``{"error": ...}``. Whatever else happens to the child is a
:class:`GradingFailedError` here.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from contextvars import copy_context
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from grader.bounds import longest_grading
from grader.errors import BadSubmissionError, GradingFailedError, PackageError
from grader.grading import GradeEvent, grade
from grader.package import load_pset
from grader.report import GradeReport, Measurement
from grader.submission import Submission
from sandbox import SERVER_BACKENDS, InfrastructureError, find

__all__ = ["ChildJob", "grade_in_child"]

MAX_LINE_BYTES: Final = 32 * 2**20
MEMORY_BYTES: Final = 8 * 2**30
MOST_COMPLAINTS: Final = 200
_PASSED_ON: Final = (
    "PATH",
    "LANG",
    "DOCKER_HOST",
    "DOCKER_TLS_VERIFY",
    "DOCKER_CERT_PATH",
    "GRADECLI_CGROUP",
)
_COMPLAINT_BYTES: Final = 2000
_PDEATHSIG = 1  # PR_SET_PDEATHSIG, from <linux/prctl.h>


@dataclass(frozen=True, slots=True)
class ChildJob:
    """What a grading child needs to know.

    ``files`` are the submission's files by problem name; ``key`` decides the instances.
    """

    pset_folder: Path
    files: Mapping[str, bytes]
    backend: str
    key: bytes

    def to_json(self) -> bytes:
        files = {name: base64.b64encode(content).decode() for name, content in self.files.items()}
        job = {"pset": str(self.pset_folder), "files": files, "backend": self.backend, "key": self.key.hex()}
        return json.dumps(job).encode()

    @classmethod
    def from_json(cls, text: bytes) -> ChildJob:
        job = json.loads(text)
        files = {name: base64.b64decode(content) for name, content in job["files"].items()}
        return cls(Path(job["pset"]), files, job["backend"], bytes.fromhex(job["key"]))


def grade_in_child(
    job: ChildJob,
    *,
    on_event: Callable[[GradeEvent], None] | None = None,
    on_measurement: Callable[[str, Measurement], None] | None = None,
    on_complaint: Callable[[str], None] | None = None,
    timeout: float,
) -> GradeReport:
    """Grade in a child process.

    Args:
        on_event: told of progress, in the calling thread.
        on_measurement: told of each problem's time and memory.
        on_complaint: told of each line that the child writes to its standard error, the first
            :data:`MOST_COMPLAINTS` of them, each cut short; called in a thread of its own.
        timeout: seconds after which the child is killed, whatever the set asks for. Otherwise it has
            as long as every check of the set running to its limit takes, and no longer.

    Raises:
        GradingFailedError: the platform failed; nothing was decided.
    """
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    child = subprocess.Popen(
        [sys.executable, "-I", "-m", "grader.child"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment | {"OMP_NUM_THREADS": "1"},
        start_new_session=True,
    )
    late = threading.Event()
    seconds, timer = timeout, threading.Timer(timeout, _end, (child, late))
    complaints: list[bytes] = []
    assert child.stdin is not None
    assert child.stdout is not None
    assert child.stderr is not None
    listener = threading.Thread(
        target=copy_context().run, args=(_listen, child.stderr, complaints, on_complaint), daemon=True
    )
    timer.start()
    listener.start()
    try:
        with contextlib.suppress(BrokenPipeError):
            child.stdin.write(job.to_json())
            child.stdin.close()
        for line in iter(lambda: child.stdout.readline(MAX_LINE_BYTES), b""):  # type: ignore[union-attr]
            if not line.endswith(b"\n"):  # the child ended here, or says more than is read
                _kill(child)
                break
            message = _parsed(line)
            if "seconds" in message:
                timer.cancel()
                seconds = min(float(message["seconds"]), timeout)
                timer = threading.Timer(seconds, _end, (child, late))
                timer.start()
                continue
            report = _heed(message, on_event, on_measurement)
            if report is not None:
                return report
        child.wait()
        listener.join(5)
        said = b"".join(complaints).decode("utf-8", "replace").strip()
        when = f" after {seconds:g} s" if late.is_set() else ""
        raise GradingFailedError(
            f"the grading process ended{when} without a report (status {child.returncode}). {said[-2000:]}"
        )
    finally:
        timer.cancel()
        _kill(child)
        child.wait()
        listener.join(5)
        for stream in (child.stdin, child.stdout, child.stderr):
            with contextlib.suppress(OSError):
                stream.close()


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        message = json.loads(line)
    except ValueError as error:
        raise GradingFailedError("the grading process said something that cannot be read") from error
    if not isinstance(message, dict):
        raise GradingFailedError("the grading process said something of no known kind")
    return message


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
        case {"error": text, "retriable": retriable}:
            raise GradingFailedError(text, retriable=retriable)
        case _:
            raise GradingFailedError("the grading process said something of no known kind")
    return None


def _listen(stream: IO[bytes], kept: list[bytes], tell: Callable[[str], None] | None) -> None:
    """Keep the last lines, and pass the first ones on."""
    told = 0
    with contextlib.suppress(ValueError):  # closed when the parent is done with it
        for line in iter(lambda: stream.readline(_COMPLAINT_BYTES), b""):
            kept.append(line)
            del kept[:-20]
            if tell is not None and told < MOST_COMPLAINTS:
                told += 1
                tell(line.decode("utf-8", "replace").rstrip())


def _end(child: subprocess.Popen[bytes], late: threading.Event) -> None:
    late.set()
    _kill(child)


def _kill(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)


def main() -> None:
    """The child's own entry point."""
    _limit_self()
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a check prints is a complaint, not an answer

    def tell(message: dict[str, object]) -> None:
        answers.write(json.dumps(message).encode() + b"\n")
        answers.flush()

    try:
        job = ChildJob.from_json(sys.stdin.buffer.read())
        if job.backend not in SERVER_BACKENDS:
            raise InfrastructureError(f"a server does not grade in the {job.backend!r} sandbox")
        pset = load_pset(job.pset_folder)
        tell({"seconds": longest_grading(pset)})
        files = {pset.problem(name).file_name: content for name, content in job.files.items()}
        report = grade(
            pset,
            Submission.from_files(files, pset),
            find(job.backend),
            key=job.key,
            on_event=lambda event: tell({"event": event.model_dump(mode="json")}),
            on_measurement=lambda problem, used: tell(
                {"measurement": used.model_dump(mode="json"), "problem": problem}
            ),
        )
        tell({"report": report.model_dump(mode="json")})
    except InfrastructureError as error:
        tell({"error": str(error), "retriable": True})
    except (PackageError, BadSubmissionError) as error:
        tell({"error": str(error), "retriable": False})
    answers.close()
    os._exit(0)  # finalising torch's interpreter takes half a second and tells nobody anything


def _limit_self() -> None:
    if sys.platform != "linux":
        return
    import ctypes
    import resource

    ctypes.CDLL(None).prctl(_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    bound = MEMORY_BYTES if hard == resource.RLIM_INFINITY else min(MEMORY_BYTES, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (bound, bound))


if __name__ == "__main__":
    main()

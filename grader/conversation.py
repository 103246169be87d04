"""A child process that is given one job and answers in JSON lines: bounded, without credentials, killable.

A line ``{"seconds": ...}`` says how long the job may take; what the others mean is between the two.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextvars import copy_context
from typing import IO, Any, Final, TypeVar

from grader.errors import GradingFailedError
from grader.nursery import BornChild, Nursery

__all__ = [
    "MAX_LINE_BYTES",
    "MEMORY_BYTES",
    "MOST_COMPLAINTS",
    "become_a_grading_child",
    "child_environment",
    "converse",
]

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
_T = TypeVar("_T")
_PDEATHSIG = 1  # PR_SET_PDEATHSIG, from <linux/prctl.h>
_Child = subprocess.Popen[bytes] | BornChild


def converse(
    module: str,
    job: bytes,
    heed: Callable[[dict[str, Any]], _T | None],
    *,
    on_complaint: Callable[[str], None] | None = None,
    timeout: float,
    nursery: Nursery | None = None,
) -> _T:
    """Run ``module`` in a child process, give it ``job``, and heed each JSON object that it answers.

    Args:
        nursery: forks the child, if it can.

    Returns:
        The first thing that ``heed`` returns.

    Raises:
        GradingFailedError: the child ended or was killed before that.
    """
    child = (nursery.bear(module) if nursery else None) or _started(module)
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
            child.stdin.write(job)
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
            found = heed(message)
            if found is not None:
                return found
        child.wait()
        listener.join(5)
        said = b"".join(complaints).decode("utf-8", "replace").strip()
        when = f" after {seconds:g} s" if late.is_set() else ""
        raise GradingFailedError(
            f"the grading process ended{when} without an answer (status {child.returncode}). {said[-2000:]}"
        )
    finally:
        timer.cancel()
        _kill(child)
        child.wait()
        listener.join(5)
        for stream in (child.stdin, child.stdout, child.stderr):
            with contextlib.suppress(OSError):
                stream.close()


def child_environment() -> dict[str, str]:
    """What a child may know of this process's environment: no credentials."""
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return environment | {"OMP_NUM_THREADS": "1"}


def _started(module: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-I", "-m", module],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=child_environment(),
        start_new_session=True,
    )


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        message = json.loads(line)
    except ValueError as error:
        raise GradingFailedError("the grading process said something that cannot be read") from error
    if not isinstance(message, dict):
        raise GradingFailedError("the grading process said something of no known kind")
    return message


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


def _end(child: _Child, late: threading.Event) -> None:
    late.set()
    _kill(child)


def _kill(child: _Child) -> None:
    if child.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)


def become_a_grading_child() -> Callable[[dict[str, object]], None]:
    """Bound this process, end it with its parent, and return what tells the parent something."""
    _limit_self()
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a check prints is a complaint, not an answer

    def tell(message: dict[str, object]) -> None:
        answers.write(json.dumps(message).encode() + b"\n")
        answers.flush()

    return tell


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

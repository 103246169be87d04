"""Where a package is built: a process of this machine, or one behind a Unix socket.

Building loads the package, which may import PyTorch and runs its authors' code. A web process whose
image holds no PyTorch leaves it to ``python -m api.courses.package_builder SOCKET``, in a container
that has the same folders, no network and no password. One line of JSON goes each way.
"""

from __future__ import annotations

import os
import socket
import socketserver
import subprocess
import sys
from pathlib import Path

from pydantic import ValidationError

from api.errors import UnavailableError
from api.schemas import Payload

__all__ = ["Built", "Task", "build_behind", "build_here", "main"]

_SECONDS = 300
_MARGIN_SECONDS = 30
_MAX_LINE_BYTES = 4 * 2**20
_EVIDENCE_CHARACTERS = 4000


class Task(Payload):
    """A package to build: ``name`` in the folder ``problems``, into the empty folder ``staging``."""

    problems: Path
    name: str
    staging: Path


class Built(Payload):
    """How the process ended: ``status`` 0 with a summary in ``output``, 2 for a mistake in the package."""

    status: int
    output: str
    errors: str


def build_here(task: Task) -> Built:
    """Build in a process of its own, without this one's settings.

    Raises:
        UnavailableError: it did not end in time, or could not be started.
    """
    module = "api.courses.package_process"
    command = [sys.executable, "-m", module, str(task.problems), task.name, str(task.staging)]
    try:
        done = subprocess.run(
            command, env=_environment(), capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        msg = (
            f"The package {task.name} could not be built in {_SECONDS} s. Try again, or look at the "
            "server's load."
        )
        raise UnavailableError(msg) from error
    return Built(status=done.returncode, output=done.stdout, errors=done.stderr[-_EVIDENCE_CHARACTERS:])


def build_behind(path: Path, task: Task) -> Built:
    """Have the builder at ``path`` build.

    Raises:
        UnavailableError: it does not answer, or could not build.
    """
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(_SECONDS + _MARGIN_SECONDS)
            connection.connect(os.fspath(path))
            with connection.makefile("rwb") as line:
                line.write(task.model_dump_json().encode() + b"\n")
                line.flush()
                return Built.model_validate_json(line.readline(_MAX_LINE_BYTES))
    except (OSError, ValidationError) as error:
        msg = f"The package {task.name} was not built: the builder does not answer. Try again in a minute."
        raise UnavailableError(msg) from error


class _Asked(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        line = self.rfile.readline(_MAX_LINE_BYTES)
        if not line:
            return  # somebody looked whether we are there
        try:
            built = build_here(Task.model_validate_json(line))
        except (UnavailableError, ValidationError) as error:
            built = Built(status=1, output="", errors=str(error))
        self.wfile.write(built.model_dump_json().encode() + b"\n")


def main(arguments: list[str]) -> None:
    """Build what is asked for on the socket ``arguments[0]``, one package after the other."""
    path = Path(arguments[0])
    path.unlink(missing_ok=True)
    with socketserver.UnixStreamServer(os.fspath(path), _Asked) as server:
        server.serve_forever()


def _environment() -> dict[str, str]:
    """What the process needs to find Python and its libraries, and none of our settings."""
    keep = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "PYTHONPATH", "VIRTUAL_ENV", "LD_LIBRARY_PATH")
    return {name: os.environ[name] for name in keep if name in os.environ}


if __name__ == "__main__":
    main(sys.argv[1:])

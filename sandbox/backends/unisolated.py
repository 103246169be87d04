"""No isolation: the guest as a plain child process. For a student's own machine, with their own code.

It works on Linux, macOS and Windows, and measures what it can. No setting makes a server use it.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from typing import IO

from sandbox.backends.sockets import SocketChannel
from sandbox.errors import SandboxStartError
from sandbox.runtimes import LIBRARIES, guest_root
from sandbox.spec import (
    Availability,
    Enforcement,
    ExitReason,
    ExitStatus,
    LimitName,
    Runtime,
    SandboxSpec,
    Usage,
)

__all__ = ["UnisolatedBackend"]

_DIAGNOSTIC_BYTES = 16_384


class UnisolatedBackend:
    """See the module. Implements :class:`sandbox.backends.base.Backend`."""

    name = "subprocess"

    def availability(self, runtime: Runtime) -> Availability:
        missing = [name for name in LIBRARIES[runtime] if not _installed(name)]
        if missing:
            return Availability(
                ok=False,
                detail=f"{', '.join(missing)} is not installed",
                remedy=f"Run `pip install {' '.join(missing)}` in the environment you work in.",
            )
        if runtime is Runtime.CUDA and shutil.which("nvidia-smi") is None:
            return Availability(
                ok=False, detail="no NVIDIA driver found", remedy="Submit it: the course's machine has a GPU."
            )
        return Availability(ok=True, detail="runs your own code as a child process, without isolation")

    def enforcement(self) -> Enforcement:
        by = {LimitName.CPU: "rlimit", LimitName.OPEN_FILES: "rlimit"} if os.name == "posix" else {}
        return Enforcement(by)

    def start(self, spec: SandboxSpec) -> _ChildProcess:
        available = self.availability(spec.runtime)
        if not available.ok:
            raise SandboxStartError(f"{available.detail}. {available.remedy}")
        return _ChildProcess(spec)

    def sweep(self) -> tuple[str, ...]:
        return ()  # temporary folders are the system's to clean


class _ChildProcess:
    """A guest in a folder of its own, talking over a loop-back socket pair."""

    def __init__(self, spec: SandboxSpec) -> None:
        self._workdir = tempfile.mkdtemp(prefix="gradecli-check-")
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by close()
        self._started = time.monotonic()
        self._ended: float | None = None
        self._killed = False
        config = {
            "root": str(guest_root()),
            "site": [path for path in sys.path if path],
            "libraries": LIBRARIES[spec.runtime],
            "workdir": self._workdir,
            "uid": None,
            "limits": {
                "cpu_seconds": spec.limits.cpu_seconds,
                "open_files": spec.limits.open_files,
                "printed_bytes": spec.limits.printed_bytes,
            },
        }
        program = guest_root() / "sandbox" / "guest" / "main.py"
        command = [sys.executable, "-I", "-S", "-B", str(program)]
        environment = {k: v for k, v in os.environ.items() if not k.startswith("GRADECLI")}
        environment |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        host, guest = socket.socketpair()
        with guest:
            if os.name == "posix":
                config["channel"] = f"fd:{guest.fileno()}"
                self._process = subprocess.Popen(
                    [*command, json.dumps(config)], stdin=subprocess.DEVNULL, stdout=self._log,
                    stderr=self._log, env=environment, pass_fds=(guest.fileno(),), start_new_session=True,
                )  # fmt: skip
            else:
                config["channel"] = f"share:{os.getpid()}"
                self._process = subprocess.Popen(
                    [*command, json.dumps(config)], stdin=subprocess.PIPE, stdout=self._log,
                    stderr=self._log, env=environment,
                )  # fmt: skip
                assert self._process.stdin is not None
                self._process.stdin.write(guest.share(self._process.pid))  # type: ignore[attr-defined]
                self._process.stdin.close()
        self.channel = SocketChannel(host)
        self._status: ExitStatus | None = None

    def kill(self) -> None:
        if self._process.poll() is None:
            self._killed = True
            if os.name == "posix":
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self._process.pid, signal.SIGKILL)
            else:
                self._process.kill()

    def wait(self, timeout: float) -> ExitStatus | None:
        try:
            code = self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            return None
        self._ended = self._ended or time.monotonic()
        if self._killed:
            return ExitStatus(ExitReason.KILLED_BY_HOST)
        if code < 0:
            return ExitStatus(ExitReason.SIGNALLED, -code)
        return ExitStatus(ExitReason.EXITED, code)

    def usage(self) -> Usage:
        return Usage((self._ended or time.monotonic()) - self._started)

    def diagnostics(self) -> str:
        self._log.seek(0)
        return self._log.read(_DIAGNOSTIC_BYTES).decode("utf-8", "replace")

    def close(self) -> None:
        self.kill()
        self.wait(10.0)
        self.channel.close()
        self._log.close()
        shutil.rmtree(self._workdir, ignore_errors=True)


def _installed(name: str) -> bool:
    from importlib.util import find_spec

    return find_spec(name) is not None

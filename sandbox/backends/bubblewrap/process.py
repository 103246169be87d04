"""A running bubblewrap sandbox, as the host holds it."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from typing import IO

from sandbox.backends.accounting import Account
from sandbox.backends.cgroups import Cgroup
from sandbox.backends.sockets import SocketChannel
from sandbox.spec import ExitReason, ExitStatus, Limits, Usage

__all__ = ["DIAGNOSTIC_BYTES", "BubblewrapProcess"]

DIAGNOSTIC_BYTES = 16_384
_GONE_SECONDS = 10.0


class BubblewrapProcess:
    """A running sandbox: bubblewrap's monitor, and the first process inside (``init_pid``)."""

    def __init__(
        self,
        monitor: subprocess.Popen[bytes],
        init_pid: int,
        host: socket.socket,
        log: IO[bytes],
        limits: Limits,
        cgroup: Cgroup | None,
    ) -> None:
        self.channel = SocketChannel(host)
        self._monitor, self._init_pid, self._log = monitor, init_pid, log
        self._status: ExitStatus | None = None
        self._killed = False
        self._account = Account(cgroup, monitor.pid, limits, self._kill_tree)

    def kill(self) -> None:
        if self._status is None and not self._killed:
            self._killed = True
            self._kill_tree()

    def wait(self, timeout: float) -> ExitStatus | None:
        deadline = time.monotonic() + timeout
        while self._status is None:
            pid, status = os.waitpid(self._monitor.pid, os.WNOHANG)
            if pid:
                self._monitor.returncode = os.waitstatus_to_exitcode(status)
                self._account.stop()
                self._status = self._explain(self._monitor.returncode)
            elif time.monotonic() > deadline:
                return None
            else:
                time.sleep(0.001)
        return self._status

    def usage(self) -> Usage:
        return self._account.usage()

    def diagnostics(self) -> str:
        self._log.seek(0)
        return self._log.read(DIAGNOSTIC_BYTES).decode("utf-8", "replace")

    def close(self) -> None:
        self.kill()
        if self.wait(_GONE_SECONDS) is None:
            os.kill(self._monitor.pid, signal.SIGKILL)
            self.wait(_GONE_SECONDS)
        self._account.close()
        self.channel.close()
        self._log.close()

    def _kill_tree(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._init_pid, signal.SIGKILL)  # its whole pid namespace goes with it

    def _explain(self, code: int) -> ExitStatus:
        if self._account.out_of_memory():
            return ExitStatus(ExitReason.OUT_OF_MEMORY)
        if self._killed:
            return ExitStatus(ExitReason.KILLED_BY_HOST)
        if code > 128 or code < 0:  # bubblewrap reports its child's signal as a shell does
            return ExitStatus(ExitReason.SIGNALLED, -code if code < 0 else code - 128)
        return ExitStatus(ExitReason.EXITED, code)

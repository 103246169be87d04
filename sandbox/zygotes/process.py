"""A guest that a zygote has forked, as the host holds it."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import struct
import time
from pathlib import Path
from typing import Any, Final

from sandbox.backends.accounting import Account
from sandbox.backends.cgroups import Cgroup
from sandbox.backends.sockets import SocketChannel
from sandbox.errors import SandboxStartError
from sandbox.guest.warden import GO, READY
from sandbox.spec import ExitReason, ExitStatus, Limits, Usage

__all__ = ["ForkedProcess", "ask", "fork_guest"]

_ANSWER_SECONDS: Final = 10.0
_GONE_SECONDS: Final = 10.0
_MOST_BYTES: Final = 2**16
_CREDENTIALS: Final = struct.Struct("3i")  # struct ucred: pid, uid, gid
_LOST: Final = ExitStatus(ExitReason.SIGNALLED, signal.SIGKILL)


def ask(address: Path, request: dict[str, Any], seconds: float = _ANSWER_SECONDS) -> dict[str, Any]:
    """What the zygote at ``address`` answers; nothing where it answers by closing the connection.

    Raises:
        OSError: it cannot be reached, or does not answer in time.
    """
    with _connect(address, seconds) as connection:
        connection.send(json.dumps(request).encode())
        text = connection.recv(_MOST_BYTES)
        answer: dict[str, Any] = json.loads(text) if text else {}
        return answer


def fork_guest(
    address: Path, request: dict[str, Any], limits: Limits, cgroup: Cgroup | None
) -> ForkedProcess:
    """Ask the zygote at ``address`` for a guest, in ``cgroup`` before any of it runs.

    Raises:
        SandboxStartError: none can be had from it; ``cgroup`` is left to the caller.
    """
    try:
        with contextlib.ExitStack() as undo:
            connection = undo.enter_context(_connect(address, _ANSWER_SECONDS))
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
            host, guest = socket.socketpair()
            undo.callback(host.close)
            with guest:
                socket.send_fds(connection, [json.dumps(request).encode()], [guest.fileno()])
            pid = _warden_of(connection)
            descriptor = os.pidfd_open(pid)
            undo.callback(os.close, descriptor)
            if cgroup is not None:
                cgroup.add(pid)
            connection.send(GO)
            undo.pop_all()
    except (OSError, ValueError) as error:
        raise SandboxStartError(f"the zygote at {address.name} gave no guest ({error})") from error
    return ForkedProcess(connection, descriptor, pid, host, limits, cgroup)


class ForkedProcess:
    """Implements :class:`sandbox.backends.base.SandboxProcess`.

    ``connection`` leads to the guest's warden, which ends with everything in its namespaces when this
    side hangs up; ``descriptor`` is the warden's pidfd.
    """

    def __init__(
        self,
        connection: socket.socket,
        descriptor: int,
        pid: int,
        host: socket.socket,
        limits: Limits,
        cgroup: Cgroup | None,
    ) -> None:
        self.channel = SocketChannel(host)
        self._connection, self._descriptor = connection, descriptor
        self._status: ExitStatus | None = None
        self._killed = self._closed = False
        self._said = ""
        self._account = Account(cgroup, pid, limits, self._kill)

    def kill(self) -> None:
        if self._status is None and not self._killed:
            self._killed = True
            self._kill()

    def wait(self, timeout: float) -> ExitStatus | None:
        if self._status is None and not self._closed:
            poller = select.poll()
            poller.register(self._descriptor, select.POLLIN)
            if not poller.poll(max(timeout, 0) * 1000):
                return None
            self._account.stop()
            self._status = self._explain()
        return self._status

    def usage(self) -> Usage:
        return self._account.usage()

    def diagnostics(self) -> str:
        return self._said

    def close(self) -> None:
        if self._closed:
            return
        self.kill()
        self.wait(_GONE_SECONDS)
        self._account.close()
        self._closed = True
        self.channel.close()
        self._connection.close()
        os.close(self._descriptor)

    def _kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._descriptor, signal.SIGKILL)  # its pid namespace goes with it

    def _explain(self) -> ExitStatus:
        last = self._last_words()
        if self._account.out_of_memory():
            return ExitStatus(ExitReason.OUT_OF_MEMORY)
        if self._killed:
            return ExitStatus(ExitReason.KILLED_BY_HOST)
        self._said = str(last.get("failed", ""))
        code = last.get("status")
        if type(code) is not int:
            return _LOST
        return ExitStatus(ExitReason.SIGNALLED, -code) if code < 0 else ExitStatus(ExitReason.EXITED, code)

    def _last_words(self) -> dict[str, Any]:
        """What the warden said before it ended; nothing where it was killed."""
        try:
            said: dict[str, Any] = json.loads(self._connection.recv(_MOST_BYTES, socket.MSG_DONTWAIT) or "{}")
        except OSError:
            return {}
        return said


def _connect(address: Path, seconds: float) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        connection.settimeout(seconds)
        connection.connect(str(address))
    except BaseException:
        connection.close()
        raise
    return connection


def _warden_of(connection: socket.socket) -> int:
    """The process id, as this process sees it, of the warden that says it is ready.

    Raises:
        OSError: it says anything else.
    """
    deadline = time.monotonic() + _ANSWER_SECONDS
    connection.settimeout(max(deadline - time.monotonic(), 0.001))
    said, ancillary, _, _ = connection.recvmsg(_MOST_BYTES, socket.CMSG_SPACE(_CREDENTIALS.size))
    if said != READY:
        raise OSError(json.loads(said)["failed"] if said else "it hung up")
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_CREDENTIALS):
            pid = int(_CREDENTIALS.unpack(data)[0])
            if pid > 0:
                return pid
    raise OSError("its process cannot be seen from here")

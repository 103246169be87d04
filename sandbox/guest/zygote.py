"""A process that has imported a runtime's libraries, runs nothing else, and forks a guest on request.

It listens on a socket that its host made and passed on. One connection is one guest: the host sends one
JSON object, with the guest's end of a channel when it asks for a guest, and from there on the
connection belongs to that guest's warden (:mod:`sandbox.guest.warden`).

``{"ask": "guest", ...}``
    ``folders`` (path → bytes, to be the guest's own), ``inodes``, ``uid``, ``limits``, ``workdir`` and
    ``filter`` (a seccomp program in hexadecimal digits), as in :mod:`sandbox.guest.main`.
``{"ask": "state"}``
    Answered with ``versions``, ``forked`` and ``resident_bytes``.
``{"ask": "retire"}``
    Nobody else is let in; the zygote ends with its last guest.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
from pathlib import Path
from typing import Any, Final

from sandbox.guest import privileges
from sandbox.guest.namespaces import new_process_ids
from sandbox.guest.warden import watch_over

__all__ = ["Zygote"]

_MOST_BYTES: Final = 2**16
_SECONDS: Final = 5.0
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")


class Zygote:
    """See the module.

    Args:
        listener: a listening ``SOCK_SEQPACKET`` socket.
        versions: what each guest says hello with.
    """

    def __init__(self, listener: socket.socket, versions: dict[str, str]) -> None:
        self._listener, self._versions = listener, versions
        self._forked = 0
        self._children: set[int] = set()
        self._retired = False

    def run(self) -> None:
        """Let one connection in after the other until told to retire, then wait for the last guest."""
        privileges.hide()
        privileges.call_this("zygote")
        signal.signal(signal.SIGCHLD, lambda *_: self._reap())
        while not self._retired:
            connection, _ = self._listener.accept()
            with connection, contextlib.suppress(OSError, ValueError):  # one that asks for nothing
                self._heed(connection)
        self._listener.close()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self._reap()
        for child in tuple(self._children):
            with contextlib.suppress(ChildProcessError):
                os.waitpid(child, 0)

    def _heed(self, connection: socket.socket) -> None:
        connection.settimeout(_SECONDS)
        text, descriptors, _, _ = socket.recv_fds(connection, _MOST_BYTES, 1)
        channels = [socket.socket(fileno=descriptor) for descriptor in descriptors]
        try:
            connection.settimeout(None)
            request: dict[str, Any] = json.loads(text)
            match request["ask"]:
                case "guest":
                    self._fork(connection, channels[0], request)
                case "state":
                    connection.send(json.dumps(self._state()).encode())
                case "retire":
                    self._retired = True
        finally:
            for channel in channels:
                channel.close()

    def _fork(self, connection: socket.socket, channel: socket.socket, wanted: dict[str, Any]) -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
        try:
            with new_process_ids():
                child = os.fork()
                if child == 0:
                    self._listener.close()
                    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
                    watch_over(connection, channel, wanted, self._versions)
            self._children.add(child)
            self._forked += 1
        except OSError as error:
            connection.send(json.dumps({"failed": str(error)}).encode())
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})

    def _reap(self) -> None:
        with contextlib.suppress(ChildProcessError):
            while (child := os.waitpid(-1, os.WNOHANG)[0]) != 0:
                self._children.discard(child)

    def _state(self) -> dict[str, object]:
        resident = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * _PAGE
        return {"versions": self._versions, "forked": self._forked, "resident_bytes": resident}

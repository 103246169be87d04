"""The first process of one guest's namespaces: shuts it in, tells the host how it ended, and ends with it.

It stays between the zygote, which no student's code may reach, and the guest. When the host hangs up, or
either of them ends, the kernel ends everything that is left in its process namespace.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
from pathlib import Path
from typing import Any, NoReturn

from sandbox.guest import privileges
from sandbox.guest.namespaces import Namespace, leave, leave_user_namespace, mount_own_folders
from sandbox.guest.serving import serve

__all__ = ["GO", "READY", "watch_over"]

READY, GO = b"ready", b"go"
_CHANNEL = 3
_NOBODY = 65534


def watch_over(
    connection: socket.socket, channel: socket.socket, wanted: dict[str, Any], versions: dict[str, str]
) -> NoReturn:
    """Be the first process of fresh namespaces, from its fork to its end.

    Args:
        connection: the host's end says ``go`` when the guest may start, and hangs up to end it.
        channel: the guest's end of its conversation with the host.
        wanted: ``folders``, ``inodes``, ``uid``, ``limits`` and ``filter``, see :mod:`sandbox.guest.zygote`.
    """
    try:
        privileges.hide()
        privileges.call_this("warden")
        leave(Namespace.WORLD)
        mount_own_folders(wanted["folders"], inodes=wanted["inodes"])
        leave_user_namespace(_NOBODY)
        connection.send(READY)
        if connection.recv(len(GO)) == GO:
            with contextlib.suppress(OSError):  # a kernel without them has no groups to be seen either
                leave(Namespace.CGROUP)
            status = _run(connection, channel, wanted, versions)
            connection.send(json.dumps({"status": status}).encode())
    except OSError as error:
        with contextlib.suppress(OSError):
            connection.send(json.dumps({"failed": str(error)}).encode())
    finally:
        os._exit(0)


def _run(
    connection: socket.socket, channel: socket.socket, wanted: dict[str, Any], versions: dict[str, str]
) -> int | None:
    """Start the guest; how it ended as :func:`os.waitstatus_to_exitcode` says it, or None when the host
    has hung up."""
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    guest = os.fork()
    if guest == 0:
        _be_the_guest(channel, wanted, versions)
    channel.close()
    privileges.drop_capabilities()
    poller = select.poll()
    poller.register(woken, select.POLLIN)
    poller.register(connection, select.POLLIN)
    while True:
        for descriptor, _ in poller.poll():
            if descriptor != woken:
                return None
            os.read(woken, 512)
        with contextlib.suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:  # orphans of the guest's too
                if ended[0] == guest:
                    return os.waitstatus_to_exitcode(ended[1])


def _be_the_guest(channel: socket.socket, wanted: dict[str, Any], versions: dict[str, str]) -> NoReturn:
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        privileges.call_this("guest")
        os.setsid()
        os.dup2(channel.fileno(), _CHANNEL)
        os.closerange(_CHANNEL + 1, os.sysconf("SC_OPEN_MAX"))
        for descriptor in range(_CHANNEL):
            privileges.silence(descriptor)
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
        privileges.become(wanted["uid"])
        privileges.drop_capabilities()
        privileges.limit(wanted["limits"])
        privileges.refuse_system_calls(bytes.fromhex(wanted["filter"]))
        os.chdir(wanted["workdir"])
        serve(_CHANNEL, _CHANNEL, Path(wanted["workdir"]), wanted["limits"], versions)
        code = 0
    finally:
        os._exit(code)

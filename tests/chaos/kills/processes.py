"""Every process below this one, however it was orphaned: who is who, and what was left behind."""

from __future__ import annotations

import contextlib
import ctypes
import os
import subprocess
import threading
from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

__all__ = ["Family", "Member", "Role"]

_PR_SET_CHILD_SUBREAPER = 36  # from <linux/prctl.h>
_LOOK_SECONDS = 0.05


class Role(StrEnum):
    """What a process of the service is, by its command line."""

    SUPERVISOR = "supervisor"
    WEB = "web"
    WORKER = "worker"
    CHILD = "grading child"
    SANDBOX = "sandbox"
    OTHER = "other"


class Member(NamedTuple):
    """One process as ``/proc`` tells of it. ``name`` is its own where it was forked and not started."""

    pid: int
    parent: int
    state: str
    name: str
    command: tuple[str, ...]

    @property
    def role(self) -> Role:
        words = self.command
        if "api.processes.web" in words:
            return Role.WEB
        if "api.worker" in words:
            return Role.WORKER
        if "grader.child" in words or self.name == "grading":
            return Role.CHILD
        if words and (words[0].endswith("/bwrap") or words[0].startswith("/runtime/")):
            return Role.SANDBOX
        return Role.SUPERVISOR if "serve" in words else Role.OTHER


class Family:
    """Whatever this process starts, and all that comes from it: orphans are adopted, not lost to init.

    Adopted processes that have ended are waited for at once, as an init system would; the ones that
    :meth:`start` returned are left to whoever holds them. ``graders`` are all grading children so far.
    """

    def __init__(self) -> None:
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        self.graders: set[int] = set()
        self._own: dict[int, subprocess.Popen[bytes]] = {}
        self._lock = threading.Lock()
        threading.Thread(target=self._reap, name="reaper", daemon=True).start()

    def start(self, command: Sequence[str | Path], **options: Any) -> subprocess.Popen[bytes]:
        """``subprocess.Popen``, for everything that is started here."""
        with self._lock:
            process = subprocess.Popen(command, **options)
            self._own[process.pid] = process
        return process

    def run(self, command: Sequence[str | Path], **options: Any) -> tuple[int, bytes]:
        """Exit status and standard output of a command that ends by itself."""
        process = self.start(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, **options)
        said, _ = process.communicate()
        return process.returncode, said

    def members(self) -> list[Member]:
        """The living processes below this one."""
        return [member for member in _below(os.getpid()) if member.state != "Z"]

    def of(self, role: Role) -> list[Member]:
        """Those of one role, oldest process number first."""
        return sorted(member for member in self.members() if member.role is role)

    def below(self, pid: int) -> set[int]:
        """The process numbers of ``pid`` and what runs below it."""
        return {pid, *(member.pid for member in _below(pid))}

    def _reap(self) -> None:
        here = os.getpid()
        pause = threading.Event()
        while not pause.wait(_LOOK_SECONDS):
            with self._lock:
                for member in _below(here):
                    if member.role is Role.CHILD:
                        self.graders.add(member.pid)
                    own = self._own.get(member.pid)
                    waited_for_elsewhere = own is not None and own.returncode is None
                    if member.parent == here and member.state == "Z" and not waited_for_elsewhere:
                        with contextlib.suppress(ChildProcessError):
                            os.waitpid(member.pid, os.WNOHANG)


def _below(root: int) -> Iterator[Member]:
    children: dict[int, list[Member]] = {}
    for member in _everyone():
        children.setdefault(member.parent, []).append(member)
    waiting = [root]
    while waiting:
        for member in children.get(waiting.pop(), ()):
            waiting.append(member.pid)
            yield member


def _everyone() -> Iterator[Member]:
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            # The name comes in brackets before the rest, and may hold anything.
            before, _, rest = (folder / "stat").read_text().rpartition(")")
            (state, parent), name = rest.split()[:2], before.partition("(")[2]
            words = (folder / "cmdline").read_bytes().split(b"\0")
            command = tuple(word.decode("utf-8", "replace") for word in words if word)
            yield Member(int(folder.name), int(parent), state, name, command)

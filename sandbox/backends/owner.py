"""Who started a sandbox, so that what a killed worker left behind can be told from what is in use."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from pathlib import Path
from typing import Self

__all__ = ["Owner"]


@dataclass(frozen=True, slots=True)
class Owner:
    """One process on one boot of one machine. ``started`` tells it from a later one of the same pid, and
    ``namespace`` from the one that another container calls by the same pid."""

    host: str
    boot: str
    pid: int
    started: str
    namespace: str

    @classmethod
    def current(cls) -> Self:
        """This process."""
        return cls.here(os.getpid(), _start_time(os.getpid()) or "", _namespace())

    @classmethod
    def here(cls, pid: int, started: str, namespace: str) -> Self:
        """A process of this boot of this machine."""
        return cls(platform.node(), _boot(), pid, started, namespace)

    @classmethod
    def parse(cls, label: str) -> Self | None:
        """What ``str(owner)`` was, or None for anything else."""
        parts = label.split("/")
        if len(parts) != 5 or not parts[2].isdecimal():
            return None
        return cls(parts[0], parts[1], int(parts[2]), *parts[3:])

    def __str__(self) -> str:
        return f"{self.host}/{self.boot}/{self.pid}/{self.started}/{self.namespace}"

    def is_gone(self) -> bool | None:
        """Whether it has ended; None when it is another machine's or another container's, and cannot be
        asked after."""
        if self.host != platform.node():
            return None
        if self.boot != _boot():
            return True
        if self.namespace != _namespace():
            return None
        return _start_time(self.pid) != self.started


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def _namespace() -> str:
    """The number of the namespace in which this process's pid counts; "" where there is no such thing."""
    try:
        return str(Path("/proc/self/ns/pid").stat().st_ino)
    except OSError:
        return ""


def _start_time(pid: int) -> str | None:
    """When a process started, as the kernel counts; None when there is none of that number that runs.

    One that was killed, and that nobody has waited for yet, does not run: where no init system does
    that (a container's first process), it stays in the list for ever.
    """
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return None if Path("/proc/self/stat").exists() else _exists(pid)
    except ProcessLookupError:
        return None
    # The command's name comes before, in brackets, and may hold anything.
    fields = status.rpartition(")")[2].split()
    return None if fields[0] == "Z" else fields[19]


def _exists(pid: int) -> str | None:
    """Where there is no ``/proc``, only that it runs can be known."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        return ""
    return ""

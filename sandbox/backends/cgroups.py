"""A cgroup for one sandbox: memory without swap, processes, and a share of the CPU.

Version 1 groups are made below this process's own group; version 2 groups below the folder named by
``GRADECLI_CGROUP`` (one that was delegated to this user), or below ``/sys/fs/cgroup/gradecli`` when
this process is root.
"""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sandbox.backends.owner import Owner
from sandbox.spec import Limits

__all__ = ["Cgroup", "CgroupRoot", "find_root"]

MOUNT: Final = Path("/sys/fs/cgroup")
_PERIOD_MICROSECONDS = 100_000
_REMOVE_SECONDS = 3.0
_FORSAKEN_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class CgroupRoot:
    """Where groups can be made: one folder (version 2) or one a controller (version 1)."""

    version: int
    folders: dict[str, Path]

    def create(self, limits: Limits) -> Cgroup:
        """A new, empty group with ``limits`` set.

        Raises:
            OSError: the kernel refused it.
        """
        me = Owner.current()
        name = f"gradecli-{me.pid}-{me.started}-{me.namespace}-{uuid.uuid4().hex[:12]}"
        group = Cgroup(self.version, {c: folder / name for c, folder in self.folders.items()})
        try:
            for folder in set(group.folders.values()):
                folder.mkdir()
            group.set(limits)
        except OSError:
            group.remove()
            raise
        return group

    def sweep(self) -> tuple[str, ...]:
        """Remove the groups of processes that are gone, with whatever still runs in them.

        Whether a process of another container is gone cannot be known here: of its groups, those go in
        which nothing has run for long. What ran there ended with the container.
        """
        removed = []
        for folder in set(self.folders.values()):
            for group in folder.glob("gradecli-[0-9]*-*"):
                owner = _owner_of(group.name)
                if owner is not None and owner.is_gone():
                    Cgroup(self.version, {"all": group}).end()
                    removed.append(group.name)
                elif (owner is None or owner.is_gone() is None) and _is_forsaken(group):
                    with contextlib.suppress(OSError):  # refused while anything runs in it
                        group.rmdir()
                        removed.append(group.name)
        return tuple(sorted(set(removed)))


@dataclass(frozen=True, slots=True)
class Cgroup:
    """One sandbox's group. Memory is counted for the whole tree, the memory-backed folder included."""

    version: int
    folders: dict[str, Path]

    def set(self, limits: Limits) -> None:
        """Write the limits that this kernel's controllers have."""
        quota = int(limits.cpus * _PERIOD_MICROSECONDS)
        if self.version == 2:
            self._write("memory", "memory.max", limits.memory_bytes)
            self._write("memory", "memory.swap.max", 0, optional=True)
            self._write("pids", "pids.max", limits.processes)
            self._write("cpu", "cpu.max", f"{quota} {_PERIOD_MICROSECONDS}", optional=True)
            return
        self._write("memory", "memory.limit_in_bytes", limits.memory_bytes)
        self._write("memory", "memory.memsw.limit_in_bytes", limits.memory_bytes, optional=True)
        self._write("pids", "pids.max", limits.processes)
        self._write("cpu", "cpu.cfs_period_us", _PERIOD_MICROSECONDS, optional=True)
        self._write("cpu", "cpu.cfs_quota_us", quota, optional=True)

    def add(self, pid: int) -> None:
        """Move a process, and everything it will start, into the group."""
        for folder in set(self.folders.values()):
            (folder / "cgroup.procs").write_text(str(pid))

    def out_of_memory(self) -> bool:
        """Whether the kernel has killed a process of this group for memory."""
        file = "memory.events" if self.version == 2 else "memory.oom_control"
        lines = self._read("memory", file).splitlines()
        return any(line.startswith("oom_kill ") and line.split()[1] != "0" for line in lines)

    def peak_memory_bytes(self) -> int | None:
        file = "memory.peak" if self.version == 2 else "memory.max_usage_in_bytes"
        text = self._read("memory", file).strip()
        return int(text) if text.isdigit() else None

    def cpu_seconds(self) -> float | None:
        if self.version == 2:
            for line in self._read("cpu", "cpu.stat").splitlines():
                if line.startswith("usage_usec "):
                    return int(line.split()[1]) / 1e6
            return None
        text = self._read("cpuacct", "cpuacct.usage").strip()
        return int(text) / 1e9 if text.isdigit() else None

    def end(self) -> None:
        """Kill what runs in the group, and delete it."""
        for folder in set(self.folders.values()):
            with contextlib.suppress(OSError):
                for pid in (folder / "cgroup.procs").read_text().split():
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(int(pid), signal.SIGKILL)
        self.remove()

    def remove(self) -> None:
        """Delete the group, waiting for its killed processes to be gone."""
        for folder in set(self.folders.values()):
            deadline = time.monotonic() + _REMOVE_SECONDS
            while folder.exists():
                with contextlib.suppress(OSError):
                    folder.rmdir()
                    break
                if time.monotonic() > deadline:
                    break
                time.sleep(0.002)

    def _read(self, controller: str, file: str) -> str:
        try:
            return (self.folders[controller] / file).read_text()
        except (OSError, KeyError):
            return ""

    def _write(self, controller: str, file: str, value: object, *, optional: bool = False) -> None:
        if optional and controller not in self.folders:
            return
        with contextlib.suppress(OSError) if optional else contextlib.nullcontext():
            (self.folders[controller] / file).write_text(str(value))


@functools.cache
def find_root() -> CgroupRoot | None:
    """Where this process can make groups with at least memory and pids, or None."""
    return _version_2(MOUNT) or _version_1(MOUNT, Path("/proc/self/cgroup").read_text())


def _version_2(mount: Path) -> CgroupRoot | None:
    delegated = os.environ.get("GRADECLI_CGROUP")
    if not delegated and (os.geteuid() != 0 or not (mount / "cgroup.controllers").exists()):
        return None
    base = Path(delegated) if delegated else mount / "gradecli"
    try:
        base.mkdir(exist_ok=True)
        for folder in (base,) if delegated else (mount, base):
            (folder / "cgroup.subtree_control").write_text("+memory +pids")
            with contextlib.suppress(OSError):
                (folder / "cgroup.subtree_control").write_text("+cpu")
    except OSError:
        return None
    return CgroupRoot(2, dict.fromkeys(("memory", "pids", "cpu"), base))


def _version_1(mount: Path, own_groups: str) -> CgroupRoot | None:
    paths = {}
    for line in own_groups.splitlines():
        _, controllers, path = line.split(":", 2)
        paths.update(dict.fromkeys(controllers.split(","), path.lstrip("/")))
    folders = {}
    for controller in ("memory", "pids", "cpu", "cpuacct"):
        for folder in (mount / controller / paths.get(controller, ""), mount / controller):
            if os.access(folder / "cgroup.procs", os.W_OK) and _can_make_groups(folder):
                folders[controller] = folder
                break
    return CgroupRoot(1, folders) if {"memory", "pids"} <= folders.keys() else None


def _owner_of(name: str) -> Owner | None:
    """Who made the group of that name; None where it does not say so, as those of older versions."""
    match name.split("-"):
        case [_, pid, started, namespace, _] if pid.isdecimal():
            return Owner.here(int(pid), started, namespace)
        case _:
            return None


def _is_forsaken(group: Path) -> bool:
    """Whether the group was made so long ago that its owner has put a process into it, if it lives."""
    try:
        return time.time() - group.stat().st_mtime > _FORSAKEN_SECONDS
    except OSError:
        return False


def _can_make_groups(folder: Path) -> bool:
    probe = folder / f"gradecli-probe-{uuid.uuid4().hex[:12]}"
    try:
        probe.mkdir()
        probe.rmdir()
    except OSError:
        return False
    return True

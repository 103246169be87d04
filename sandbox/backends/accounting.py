"""What one sandbox uses, by its cgroup where it has one, else by a watch on its processes."""

from __future__ import annotations

import time
from collections.abc import Callable

from sandbox.backends.cgroups import Cgroup
from sandbox.backends.process_tree import TreeWatch
from sandbox.spec import Limits, Usage

__all__ = ["Account"]


class Account:
    """Starts with the sandbox.

    Args:
        cgroup: the sandbox's own, removed by :meth:`close`; or None.
        pid: the root of its processes, for the watch.
        end: called by the watch when a limit is passed.
    """

    def __init__(self, cgroup: Cgroup | None, pid: int, limits: Limits, end: Callable[[], None]) -> None:
        self._cgroup = cgroup
        self._watch = None if cgroup else TreeWatch(pid, limits, end)
        self._started = time.monotonic()
        self._ended: float | None = None
        self._cpu_seconds: float | None = None
        self._peak_bytes: int | None = None

    def stop(self) -> None:
        """The sandbox has ended now."""
        self._ended = self._ended or time.monotonic()

    def out_of_memory(self) -> bool:
        """Whether it was ended for its memory."""
        if self._cgroup is not None:
            return self._cgroup.out_of_memory()
        return self._watch is not None and self._watch.out_of_memory

    def usage(self) -> Usage:
        """What was used so far; what can no longer be read stays as it was last read."""
        if self._watch is not None:
            self._peak_bytes = self._watch.peak_memory_bytes
        elif self._cgroup is not None:
            self._peak_bytes = self._cgroup.peak_memory_bytes() or self._peak_bytes
            self._cpu_seconds = self._cgroup.cpu_seconds() or self._cpu_seconds
        return Usage((self._ended or time.monotonic()) - self._started, self._cpu_seconds, self._peak_bytes)

    def close(self) -> None:
        """Read a last time, and remove the cgroup; every process of the sandbox has ended."""
        self.usage()
        if self._watch is not None:
            self._watch.stop()
        if self._cgroup is not None:
            self._cgroup.remove()

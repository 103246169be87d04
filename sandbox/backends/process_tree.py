"""Watches a process tree where no cgroup can be had, and ends it when it grows past its limits."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable
from pathlib import Path

from sandbox.spec import Limits

__all__ = ["TreeWatch", "tree_of"]

_INTERVAL_SECONDS = 0.05
_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


def tree_of(pid: int) -> list[int]:
    """``pid`` and its descendants, as far as ``/proc`` tells."""
    found, waiting = [], [pid]
    while waiting:
        current = waiting.pop()
        found.append(current)
        with contextlib.suppress(OSError):
            for task in Path(f"/proc/{current}/task").iterdir():
                with contextlib.suppress(OSError):
                    waiting += map(int, (task / "children").read_text().split())
    return found


class TreeWatch:
    """Looks at a tree every 50 ms: an upper bound that a fast burst can pass for a moment.

    Args:
        pid: the root of the tree.
        end: called once when a limit is passed.
    """

    def __init__(self, pid: int, limits: Limits, end: Callable[[], None]) -> None:
        self.out_of_memory = False
        self.peak_memory_bytes = 0
        self._pid, self._limits, self._end = pid, limits, end
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="sandbox-watch", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(_INTERVAL_SECONDS):
            memory = tasks = 0
            for pid in tree_of(self._pid):
                with contextlib.suppress(OSError, IndexError, ValueError):
                    memory += int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
                    tasks += len(os.listdir(f"/proc/{pid}/task"))  # noqa: PTH208 - counted, not read
            self.peak_memory_bytes = max(self.peak_memory_bytes, memory)
            if memory > self._limits.memory_bytes:
                self.out_of_memory = True
            if self.out_of_memory or tasks > self._limits.processes:
                self._end()
                return

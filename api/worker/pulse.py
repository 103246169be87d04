"""A sign of life for whoever watches over a worker from outside, such as a container's health check."""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path
from types import TracebackType

from api.worker.loop import Worker

__all__ = ["Pulse"]

_EVERY_SECONDS = 5.0
# A verdict is offered to a database that is away for up to ten minutes.
_TAKING_AND_WRITING = 900.0


class Pulse:
    """Touches a file every few seconds, as long as the worker's loop turns.

    One turn may grade one submission, so it may last ``grading_seconds`` and some time to take and
    write down; longer, and the file grows old.
    """

    def __init__(
        self, path: Path, worker: Worker, *, grading_seconds: float, every: float = _EVERY_SECONDS
    ) -> None:
        self._path = path
        self._worker = worker
        self._longest = grading_seconds + _TAKING_AND_WRITING
        self._every = every
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pulse", daemon=True)

    def __enter__(self) -> Pulse:
        self._thread.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while True:
            if self._worker.seconds_in_turn() < self._longest:
                with contextlib.suppress(OSError):  # a full disk shows elsewhere
                    self._path.touch()
            if self._stop.wait(self._every):
                return

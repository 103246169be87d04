"""Keeps a guest for one problem: started when needed, replaced after a crash, loaded anew each time."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import TracebackType
from typing import Self

from grader.package import Problem
from grader.report import Measurement
from sandbox import Backend, Sandbox, SandboxSpec, Session, load
from sandbox.errors import SandboxStartError, StudentCodeError, TimeLimitError
from sandbox.remote import RemoteModule
from sandbox.session import Answer
from sandbox.spec import Usage
from sandbox.wire.messages import Operation

__all__ = ["GuestKeeper"]

_MOST_CALLS = 999_999
_TELLING_SECONDS = 2.0
_SPARE_CPU_SECONDS = 30  # what a guest's start and the decoding around its answers may take


class GuestKeeper:
    """The sandboxes of one problem of one submission. A context manager: leaving it ends them.

    Args:
        files: what the guest loads: the student's file, and ``support.py`` where there is one.

    ``started`` counts the sandboxes so far.
    """

    def __init__(self, backend: Backend, problem: Problem, files: Mapping[str, str]) -> None:
        self.versions: dict[str, str] = {}
        self.started = 0
        self._backend, self._problem, self._files = backend, problem, files
        self._guest: Sandbox | None = None
        self._started = 0.0
        self._used: list[Usage] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def module(
        self,
        seed: int,
        time_limit: float,
        *,
        fresh: bool = False,
        listen: Callable[[Session], Session] | None = None,
    ) -> RemoteModule:
        """The student's file, loaded anew, with ``time_limit`` seconds for all its calls together.

        A guest whose CPU time could run out within them is replaced first: what earlier checks used is
        not this one's to pay.

        Args:
            listen: wraps the module's session; the time it takes is not the student's.

        Raises:
            StudentCodeError: the file does not load.
            InfrastructureError: no sandbox can be had.
        """
        needed = math.ceil(time_limit) + _SPARE_CPU_SECONDS
        if fresh or self._guest is None or not self._lasts(self._guest, needed):
            self._end()
            limits = self._problem.limits
            limits = replace(limits, cpu_seconds=max(limits.cpu_seconds, needed))
            self._guest = Sandbox(self._backend, SandboxSpec(self._problem.runtime, limits))
            self._started = time.monotonic()
            self.started += 1
            self.versions |= self._guest.versions
            if self._problem.forbidden:
                _watch(self._guest, self._problem.forbidden)
        clock = _Clock(self._guest, time_limit)
        session = clock if listen is None else listen(clock)
        return load(session, self._files, self._problem.file_name, seed=seed)

    def called(self) -> dict[str, int]:
        """How often the student's file called what is forbidden since the last time, as the guest tells it.

        Advice: a guest that is gone, silent or lying costs nobody anything.
        """
        if not self._problem.forbidden or self._guest is None or not self._guest.alive:
            return {}
        try:
            told = self._guest.request(Operation.CALLED, time_limit=_TELLING_SECONDS).value
        except StudentCodeError:
            return {}
        counts = {name: told.get(name) for name in self._problem.forbidden} if type(told) is dict else {}
        return {name: min(n, _MOST_CALLS) for name, n in counts.items() if type(n) is int and n > 0}

    def measurement(self) -> Measurement:
        """Time and peak memory of all sandboxes so far, ending the present one."""
        self._end()
        cpu = [usage.cpu_seconds for usage in self._used if usage.cpu_seconds is not None]
        peaks = [usage.peak_memory_bytes for usage in self._used if usage.peak_memory_bytes is not None]
        return Measurement(
            wall_seconds=sum(usage.wall_seconds for usage in self._used),
            cpu_seconds=sum(cpu) if cpu else None,
            peak_memory_bytes=max(peaks, default=None),
        )

    def _lasts(self, guest: Sandbox, seconds: int) -> bool:
        """Whether ``guest`` lives, and has ``seconds`` of CPU time left even if it never was idle."""
        age = time.monotonic() - self._started
        return guest.alive and age + seconds <= guest.spec.limits.cpu_seconds

    def _end(self) -> None:
        if self._guest is not None:
            guest, self._guest = self._guest, None
            guest.close()
            self._used.append(guest.usage())


def _watch(guest: Sandbox, names: tuple[str, ...]) -> None:
    """Tell a guest that has loaded nothing what to look out for.

    Raises:
        SandboxStartError: it could not be told; no student's code has been near it.
    """
    try:
        guest.request(Operation.WATCH, names)
    except StudentCodeError as error:
        raise SandboxStartError(f"the guest could not be told what to watch: {error}") from error


class _Clock:
    """A session whose requests share one budget of seconds, spent only while the student's code runs."""

    def __init__(self, session: Session, seconds: float) -> None:
        self._session, self._total, self._left = session, seconds, seconds

    def request(
        self,
        operation: Operation,
        *operands: object,
        time_limit: float | None = None,
        release: tuple[int, ...] = (),
    ) -> Answer:
        started = time.monotonic()
        try:
            return self._session.request(
                operation, *operands, time_limit=max(self._left, 0.001), release=release
            )
        except TimeLimitError as error:
            raise TimeLimitError(self._total, printed=error.printed) from None
        finally:
            self._left -= time.monotonic() - started

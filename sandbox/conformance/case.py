"""What a case is, and the few tools that cases are written with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sandbox.backends.base import Backend
from sandbox.errors import StudentCodeError
from sandbox.remote import RemoteModule, load
from sandbox.session import Sandbox
from sandbox.spec import Limits, Runtime, SandboxSpec

__all__ = ["CASES", "LIMITS", "MIB", "SECONDS", "Case", "case", "fails", "opened"]

MIB = 2**20
LIMITS = Limits(memory_bytes=384 * MIB, disk_bytes=16 * MIB, processes=32, open_files=128)
SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Case:
    """One requirement. ``isolation``: only backends that isolate must meet it."""

    name: str
    check: Callable[[Backend], None]
    isolation: bool

    def run(self, backend: Backend) -> None:
        """Raise ``AssertionError`` where ``backend`` does not meet the requirement."""
        self.check(backend)


CASES: list[Case] = []


def case(*, isolation: bool = False) -> Callable[[Callable[[Backend], None]], Callable[[Backend], None]]:
    """Add a function to :data:`CASES`, under its own name."""

    def register(function: Callable[[Backend], None]) -> Callable[[Backend], None]:
        CASES.append(Case(function.__name__, function, isolation))
        return function

    return register


@contextmanager
def opened(
    backend: Backend,
    source: str,
    *,
    runtime: Runtime = Runtime.NUMPY,
    limits: Limits = LIMITS,
    seconds: float = SECONDS,
) -> Iterator[tuple[Sandbox, RemoteModule]]:
    """A fresh sandbox with ``source`` loaded."""
    with Sandbox(backend, SandboxSpec(runtime, limits)) as guest:
        yield guest, load(guest, {"homework.py": source}, "homework.py", time_limit=seconds)


def fails(kind: type[StudentCodeError], call: Callable[[], object]) -> Any:
    """The error of ``kind`` that ``call`` raises; anything else does not conform."""
    try:
        got = call()
    except kind as error:
        return error
    raise AssertionError(f"expected {kind.__name__}, got {got!r}")

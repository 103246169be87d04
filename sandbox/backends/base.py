"""The one interface of every sandbox backend, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from sandbox.spec import Availability, Enforcement, ExitStatus, Runtime, SandboxSpec, Usage

__all__ = ["Backend", "ByteChannel", "SandboxProcess"]


class ByteChannel(Protocol):
    """A stream of bytes to and from the guest. ``deadline`` is a ``time.monotonic()`` value."""

    def send(self, parts: Sequence[bytes | bytearray | memoryview], deadline: float) -> None:
        """Write all ``parts``.

        Raises:
            TimeoutError: the guest did not take them before ``deadline``.
            EOFError: the guest has closed its end.
        """
        ...

    def receive_into(self, target: memoryview, deadline: float) -> None:
        """Fill ``target`` completely.

        Raises:
            TimeoutError: the bytes did not come before ``deadline``.
            EOFError: the guest closed its end first.
        """
        ...

    def pending(self) -> bool:
        """Whether bytes are waiting that nobody asked for."""
        ...


class SandboxProcess(Protocol):
    """A started guest. It has said nothing yet; :class:`sandbox.session.Sandbox` talks to it."""

    @property
    def channel(self) -> ByteChannel: ...

    def kill(self) -> None:
        """End every process of the sandbox at once. Calling it again does nothing."""
        ...

    def wait(self, timeout: float) -> ExitStatus | None:
        """The exit status, or ``None`` when it is still running after ``timeout`` seconds.

        Raises:
            InfrastructureError: the engine can no longer be asked.
        """
        ...

    def usage(self) -> Usage: ...

    def diagnostics(self) -> str:
        """What the backend itself printed (for staff; bounded), to explain a failed start."""
        ...

    def close(self) -> None:
        """Kill, and remove everything the sandbox left: processes, folders, cgroups, containers."""
        ...


class Backend(Protocol):
    """A way of running the guest. Each implementation passes ``sandbox.conformance``."""

    @property
    def name(self) -> str: ...

    def availability(self, runtime: Runtime) -> Availability:
        """Whether this machine can run ``runtime`` on this backend, without raising."""
        ...

    def enforcement(self) -> Enforcement:
        """Which limits hold here, and by what."""
        ...

    def start(self, spec: SandboxSpec) -> SandboxProcess:
        """Start a fresh, single-use sandbox.

        Raises:
            InfrastructureError: it cannot be started; the message says what to do.
        """
        ...

    def sweep(self) -> tuple[str, ...]:
        """Remove what processes that were killed have left here; what is in use stays.

        Returns:
            The names of what was removed.

        Raises:
            InfrastructureError: the engine does not answer.
        """
        ...

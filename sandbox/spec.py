"""What a sandbox is asked to be, and what it reports when it is over: plain typed values."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

__all__ = [
    "Availability",
    "Enforcement",
    "ExitReason",
    "ExitStatus",
    "GpuRequest",
    "GpuSource",
    "LimitName",
    "Limits",
    "Runtime",
    "SandboxSpec",
    "Usage",
]

MIB = 2**20


class Runtime(StrEnum):
    """What is importable inside: an explicit list, nothing else (see ``sandbox.runtimes``)."""

    NUMPY = "numpy"
    TORCH = "torch"
    CUDA = "cuda"


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one sandbox. Bytes are bytes, times are seconds of wall clock unless named CPU."""

    memory_bytes: int = 1024 * MIB
    """Memory of the whole process tree, swap included."""
    cpu_seconds: int = 120
    """CPU time of the guest process over its whole life."""
    cpus: float = 1.0
    """Share of the machine's cores."""
    processes: int = 64
    """Processes and threads in the tree."""
    open_files: int = 256
    disk_bytes: int = 64 * MIB
    """Size of the only writable folder, ``/tmp``; it is memory-backed and counts as memory too."""
    inodes: int = 4096
    """Files in the only writable folder."""
    printed_bytes: int = MIB
    """What the student's code may print in one call before it is stopped."""
    reply_bytes: int = 256 * MIB
    """The largest answer that is read."""
    start_seconds: float = 120.0
    """How long the sandbox may take until it says hello; longer is an infrastructure error."""


class GpuSource(StrEnum):
    """How GPUs are handed to a container."""

    DEVICE_REQUEST = "device-request"
    CDI = "cdi"
    DEVICE_NODES = "device-nodes"


@dataclass(frozen=True, slots=True)
class GpuRequest:
    """Which GPUs a sandbox gets.

    With ``DEVICE_REQUEST``, ``names`` are the driver's ids (``"0"``, a UUID); empty means
    ``count`` of any. With ``CDI``, ``names`` are qualified (``nvidia.com/gpu=0``). With
    ``DEVICE_NODES``, they are paths on the engine's host (``/dev/nvidia0``).
    """

    source: GpuSource = GpuSource.DEVICE_REQUEST
    names: tuple[str, ...] = ()
    count: int = 1


@dataclass(frozen=True, slots=True)
class SandboxSpec:
    """One sandbox to start."""

    runtime: Runtime
    limits: Limits = field(default_factory=Limits)
    gpu: GpuRequest | None = None


class LimitName(StrEnum):
    """The limits a backend reports on in :class:`Enforcement`."""

    MEMORY = "memory"
    CPU = "cpu"
    PROCESSES = "processes"
    OPEN_FILES = "open files"
    DISK = "disk"
    INODES = "inodes"
    NETWORK = "network"
    FILE_SYSTEM = "file system"
    SYSTEM_CALLS = "system calls"


@dataclass(frozen=True, slots=True)
class Enforcement:
    """How each limit is enforced here, in words; a limit that is absent is not enforced here."""

    by: dict[LimitName, str]

    @property
    def not_enforced(self) -> tuple[LimitName, ...]:
        return tuple(name for name in LimitName if name not in self.by)


@dataclass(frozen=True, slots=True)
class Availability:
    """Whether a backend can run a runtime on this machine, and what to do when it cannot."""

    ok: bool
    detail: str
    remedy: str = ""


class ExitReason(StrEnum):
    """Why a sandbox's process is gone, as seen from outside it."""

    EXITED = "exited"
    SIGNALLED = "signalled"
    OUT_OF_MEMORY = "out of memory"
    KILLED_BY_HOST = "killed by the host"


@dataclass(frozen=True, slots=True)
class ExitStatus:
    """The end of a sandbox. ``code`` is the exit code or the signal's number."""

    reason: ExitReason
    code: int = 0


@dataclass(frozen=True, slots=True)
class Usage:
    """What a sandbox used, measured outside it. ``None``: this backend cannot tell."""

    wall_seconds: float
    cpu_seconds: float | None = None
    peak_memory_bytes: int | None = None

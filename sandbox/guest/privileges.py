"""What a guest gives up before a student's code runs: its descriptors, its user, its system calls."""

from __future__ import annotations

import os
import sys
from typing import Any

__all__ = ["become", "call_this", "drop_capabilities", "hide", "limit", "refuse_system_calls", "silence"]

_CAPABILITY_VERSION_3 = 0x20080522  # from <linux/capability.h>
# From <linux/prctl.h> and <linux/seccomp.h>.
_SET_DUMPABLE, _SET_NAME, _SET_SECCOMP, _NO_NEW_PRIVILEGES = 4, 15, 22, 38
_SECCOMP_MODE_FILTER = 2
_INSTRUCTION_BYTES = 8


def silence(descriptor: int) -> None:
    """Lead a descriptor to where nothing is read and everything may be written."""
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, descriptor)
    os.close(null)


def become(uid: int | None) -> None:
    """Turn into the unprivileged user ``uid`` for good, where this process is root.

    Raises:
        PermissionError: root could not be given up.
    """
    if uid is None or os.getuid() != 0:
        return
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    drop_capabilities()
    if os.getuid() != uid or _can_regain_root():
        raise PermissionError("the guest could not give up root")


def drop_capabilities() -> None:
    """Clear every set, the inheritable one too: becoming another user clears only the others.

    Raises:
        PermissionError: the kernel refused.
    """
    import ctypes

    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    nothing = (ctypes.c_uint32 * 6)()
    if _libc().capset(header, nothing) != 0:
        raise PermissionError("the guest could not drop its capabilities")


def limit(limits: dict[str, int | None]) -> None:
    """Set the rlimits that ``limits`` names (see :mod:`sandbox.guest.main`), and never gain a privilege."""
    try:
        import resource
    except ImportError:  # not on Windows, where only a student's own machine runs this
        return
    for name, number in (
        ("address_space", resource.RLIMIT_AS),
        ("cpu_seconds", resource.RLIMIT_CPU),
        ("processes", getattr(resource, "RLIMIT_NPROC", None)),
        ("open_files", resource.RLIMIT_NOFILE),
        ("file_bytes", resource.RLIMIT_FSIZE),
    ):
        value = limits.get(name)
        if value is not None and number is not None:
            _, hard = resource.getrlimit(number)
            bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.setrlimit(number, (bound, bound))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        _libc().prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)


def refuse_system_calls(program: bytes) -> None:
    """Run under a seccomp filter from here on, with every process that this one starts.

    Args:
        program: classic BPF, as :func:`sandbox.seccomp.bpf_program` makes it.

    Raises:
        PermissionError: the kernel did not take it.
    """
    import ctypes

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))

    filled = Program(len(program) // _INSTRUCTION_BYTES, program)
    if _libc().prctl(_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(filled), 0, 0) != 0:
        raise PermissionError("the guest could not give up its system calls")


def call_this(name: str) -> None:
    """Name this process, in at most 15 characters, for whoever lists processes: a fork has its parent's."""
    _libc().prctl(_SET_NAME, name.encode(), 0, 0, 0)


def hide() -> None:
    """Let no process of the same user trace this one, or read its memory."""
    _libc().prctl(_SET_DUMPABLE, 0, 0, 0, 0)


def _libc() -> Any:
    import ctypes

    return ctypes.CDLL(None, use_errno=True)


def _can_regain_root() -> bool:
    try:
        os.setuid(0)
    except PermissionError:
        return False
    return True

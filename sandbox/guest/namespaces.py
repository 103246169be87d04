"""Fresh namespaces for one guest, asked of the kernel directly; for a process that may still do so."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

__all__ = ["Namespace", "leave", "leave_user_namespace", "mount_own_folders", "new_process_ids"]

# From <linux/sched.h> and <sys/mount.h>.
_NEWNS, _NEWCGROUP, _NEWUTS, _NEWIPC = 0x0002_0000, 0x0200_0000, 0x0400_0000, 0x0800_0000
_NEWUSER, _NEWPID, _NEWNET = 0x1000_0000, 0x2000_0000, 0x4000_0000
_NOSUID, _NODEV, _NOEXEC = 2, 4, 8
_RECURSIVE, _PRIVATE = 0x4000, 0x40000

_WHOLE_MACHINE: Final = ["0", "0", "4294967295"]
_libc: Final = ctypes.CDLL(None, use_errno=True)


class Namespace:
    """Kinds of namespace, for :func:`leave`."""

    WORLD: Final = _NEWNS | _NEWUTS | _NEWIPC | _NEWNET
    CGROUP: Final = _NEWCGROUP


def leave(kinds: int) -> None:
    """Get fresh namespaces of the given kinds for this process.

    Raises:
        OSError: the kernel refused.
    """
    if _libc.unshare(kinds) != 0:
        raise _refusal("a fresh namespace")


@contextmanager
def new_process_ids() -> Iterator[None]:
    """What is forked within is the first process of a process namespace of its own.

    Raises:
        OSError: the kernel refused.
    """
    own = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
    here = os.getpid()
    try:
        leave(_NEWPID)
        yield
    finally:
        if os.getpid() == here and _libc.setns(own, _NEWPID) != 0:
            raise _refusal("its own process namespace again")
        os.close(own)


def mount_own_folders(folders: dict[str, int], *, inodes: int) -> None:
    """Mount an empty memory-backed folder over each of ``folders`` (path → bytes), terminals of this
    namespace's own, and its own ``/proc``, where no other namespace sees them.

    Raises:
        OSError: the kernel refused.
    """
    _mount("none", "/", None, _RECURSIVE | _PRIVATE, "")
    for path, size in folders.items():
        options = f"size={size},nr_inodes={inodes},mode=1777"
        _mount("tmpfs", path, "tmpfs", _NOSUID | _NODEV, options)
    _mount("devpts", "/dev/pts", "devpts", _NOSUID | _NOEXEC, "newinstance,ptmxmode=0666,mode=620")
    _mount("proc", "/proc", "proc", _NOSUID | _NODEV | _NOEXEC, "")


def leave_user_namespace(uid: int) -> None:
    """Become ``uid`` in a user namespace in which, and below which, nobody can make another one.

    Where this process's user namespace is the whole machine's, which is not ours to bound, it is left
    alone: who is root there becomes another user without a namespace.

    Raises:
        OSError: the kernel refused.
    """
    if Path("/proc/self/uid_map").read_text(encoding="ascii").split() == _WHOLE_MACHINE:
        return
    here = os.getuid(), os.getgid()
    leave(_NEWUSER)
    for name, text in (
        ("self/setgroups", "deny"),
        ("self/uid_map", f"{uid} {here[0]} 1"),
        ("self/gid_map", f"{uid} {here[1]} 1"),
        ("sys/user/max_user_namespaces", "0"),
    ):
        Path("/proc", name).write_text(text, encoding="ascii")


def _mount(source: str, target: str, kind: str | None, flags: int, options: str) -> None:
    named = None if kind is None else kind.encode()
    if _libc.mount(source.encode(), target.encode(), named, flags, options.encode()) != 0:
        raise _refusal(f"a mount on {Path(target)}")


def _refusal(what: str) -> OSError:
    number = ctypes.get_errno()
    return OSError(number, f"the kernel refused {what}: {os.strerror(number)}")

"""The guest's entry point: ``python3 -I -S -B main.py CONFIG``, where CONFIG is one JSON object.

``channel``
    ``"stdio"`` (frames on descriptors 0 and 1) or ``"fd:N"`` (one socket).
``root``
    The folder that holds ``sandbox/wire`` and ``sandbox/guest``.
``site``
    Folders appended to ``sys.path``; the libraries of the runtime. No ``.pth`` file is read.
``libraries``
    What to import before saying hello: ``["numpy"]`` or ``["numpy", "torch"]``.
``workdir``
    The only writable folder.
``limits``
    ``address_space``, ``cpu_seconds``, ``processes``, ``open_files``, ``file_bytes`` (each may be
    null) become rlimits; ``printed_bytes`` and ``body_bytes`` bound a reply.
``uid``
    The unprivileged user to become when started as root, or null.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import types
from pathlib import Path
from typing import Any

_CAPABILITY_VERSION_3 = 0x20080522  # from <linux/capability.h>
_NO_NEW_PRIVILEGES = 38  # PR_SET_NO_NEW_PRIVS, from <linux/prctl.h>


def main() -> None:
    config = json.loads(sys.argv[1])
    sys.argv[:] = [""]
    incoming, outgoing = _claim_channel(config["channel"])
    _add_paths(config["root"], config["site"])
    versions = _import_libraries(config["libraries"])

    from sandbox.guest.serving import serve

    _become(config["uid"])
    _limit(config["limits"])
    os.chdir(config["workdir"])
    _silence(2)  # until here, a failed start could explain itself
    serve(incoming, outgoing, Path(config["workdir"]), config["limits"], versions)


def _claim_channel(channel: str) -> tuple[int, int]:
    """Move the channel to descriptors that no student's print can reach."""
    if channel == "stdio":
        incoming, outgoing = os.dup(0), os.dup(1)
    else:
        number = int(channel.removeprefix("fd:"))
        incoming = outgoing = os.dup(number)
        os.close(number)
    _silence(0)
    _silence(1)
    return incoming, outgoing


def _silence(descriptor: int) -> None:
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, descriptor)
    os.close(null)


def _add_paths(root: str, site: list[str]) -> None:
    sys.path.extend(site)
    package = types.ModuleType("sandbox")
    package.__path__ = [f"{root}/sandbox"]
    sys.modules["sandbox"] = package


def _import_libraries(names: list[str]) -> dict[str, str]:
    versions = {"python": ".".join(map(str, sys.version_info[:3]))}
    for name in names:
        module: Any = importlib.import_module(name)
        versions[name] = str(module.__version__)
        if name == "torch":
            module.set_num_threads(1)
    return versions


def _become(uid: int | None) -> None:
    if uid is None or os.getuid() != 0:
        return
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    _drop_capabilities()
    if os.getuid() != uid or _can_regain_root():
        raise PermissionError("the guest could not give up root")


def _drop_capabilities() -> None:
    """Clear the inheritable set too: becoming another user clears only the others."""
    import ctypes

    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    nothing = (ctypes.c_uint32 * 6)()
    if ctypes.CDLL(None, use_errno=True).capset(header, nothing) != 0:
        raise PermissionError("the guest could not drop its capabilities")


def _can_regain_root() -> bool:
    try:
        os.setuid(0)
    except PermissionError:
        return False
    return True


def _limit(limits: dict[str, int | None]) -> None:
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
        import ctypes

        ctypes.CDLL(None, use_errno=True).prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)


if __name__ == "__main__":
    main()

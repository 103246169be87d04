"""Bubblewrap's options and the guest's command line: what a sandbox sees, and nothing else."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path

from sandbox.backends.cgroups import find_root
from sandbox.runtimes import LIBRARIES, guest_root, visible_files
from sandbox.spec import Limits, Runtime, SandboxSpec

__all__ = [
    "WRITABLE",
    "guest_command",
    "guest_limits",
    "guest_uid",
    "is_root",
    "options_for",
    "zygote_command",
]

WRITABLE = ("/tmp", "/dev/shm")
"""The folders in which a guest may write; the first is where it works."""


_INSIDE = "/runtime"
_ADDRESS_SPACE_BASE = {Runtime.NUMPY: 1 << 30, Runtime.TORCH: 4 << 30, Runtime.CUDA: 64 << 30}
_UIDS = range(61_000, 65_000)


def options_for(spec: SandboxSpec, *, zygote: bool = False) -> list[str]:
    """Bubblewrap's options: what the sandbox sees, and nothing else.

    Args:
        zygote: it is for a process that makes further namespaces, and gives up what it needs for that in
            each of them before a student's code runs.
    """
    files, limits = visible_files(spec.runtime), spec.limits
    library = f"{_INSIDE}/lib/{files.standard_library.name}"
    options = ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"]
    options += _user_options(zygote)
    options += ["--die-with-parent", "--new-session", "--hostname", "sandbox", "--clearenv"]
    for name, value in _environment().items():
        options += ["--setenv", name, value]
    folders = [f"{_INSIDE}/{name}" for name in ("bin", "lib", "site", "gradecli/sandbox")]
    for folder in _with_parents([*folders, *(str(path.parent) for path in files.system)]):
        options += ["--perms", "0755", "--dir", folder]  # else only root may look into them
    for path in files.system:
        if path.is_symlink():
            options += ["--symlink", str(path.readlink()), str(path)]
        else:
            options += ["--ro-bind", str(path), str(path)]
    options += ["--ro-bind", str(files.interpreter), f"{_INSIDE}/bin/{files.interpreter.name}"]
    options += ["--ro-bind", str(files.standard_library), library]
    for hidden in ("site-packages", "dist-packages"):
        if (files.standard_library / hidden).is_dir():
            options += ["--tmpfs", f"{library}/{hidden}", "--remount-ro", f"{library}/{hidden}"]
    for path in files.libraries:
        options += ["--ro-bind", str(path), f"{_INSIDE}/lib/{path.name}"]
    for name, path in files.packages.items():
        options += ["--ro-bind", str(path), f"{_INSIDE}/site/{name}"]
    for part in ("wire", "guest"):
        options += ["--ro-bind", str(guest_root() / "sandbox" / part), f"{_INSIDE}/gradecli/sandbox/{part}"]
    options += ["--proc", "/proc", "--dev", "/dev"]
    for folder in WRITABLE:
        options += ["--size", str(limits.disk_bytes), "--perms", "1777", "--tmpfs", folder]
    options += ["--remount-ro", "/dev", "--remount-ro", "/"]
    return [*options, "--chdir", WRITABLE[0]]


def _user_options(zygote: bool) -> list[str]:
    if is_root():
        options = ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    else:
        uid = "0" if zygote else "65534"
        options = ["--unshare-user", "--uid", uid, "--gid", uid]
        # A zygote's guests get further ones; its root may be another user there only with this capability.
        options += ["--cap-add", "CAP_SETFCAP"] if zygote else ["--disable-userns"]
    return options + (["--cap-add", "CAP_SYS_ADMIN"] if zygote else [])


def _with_parents(folders: list[str]) -> list[str]:
    """Each folder and those above it, the outer ones first; not the root."""
    found = {str(part) for folder in folders for part in (Path(folder), *Path(folder).parents)}
    return sorted(found - {"/"})


def _environment() -> dict[str, str]:
    return {
        "HOME": "/tmp",
        "LANG": "C.UTF-8",
        "LD_LIBRARY_PATH": f"{_INSIDE}/lib",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "PATH": "/nowhere",
    }


def guest_command(spec: SandboxSpec, descriptor: int) -> list[str]:
    """The guest's command line; ``descriptor`` is its end of the channel."""
    config = _config(spec.runtime, f"fd:{descriptor}") | {"uid": guest_uid(), "limits": guest_limits(spec)}
    return _command(spec.runtime, config)


def zygote_command(runtime: Runtime, listener: int) -> list[str]:
    """The command line of a zygote that listens on the descriptor ``listener``."""
    return _command(runtime, _config(runtime, f"listen:{listener}"))


def _command(runtime: Runtime, config: dict[str, object]) -> list[str]:
    python = f"{_INSIDE}/bin/{visible_files(runtime).interpreter.name}"
    main = f"{_INSIDE}/gradecli/sandbox/guest/main.py"
    return [python, "-I", "-S", "-B", main, json.dumps(config)]


def guest_uid() -> int | None:
    """The user that a guest becomes, where this process may choose one."""
    return secrets.choice(_UIDS) if is_root() else None


def guest_limits(spec: SandboxSpec) -> dict[str, int | None]:
    """The limits that a guest sets for itself before a student's code runs."""
    limits = spec.limits
    return {
        "address_space": _address_space(limits, spec.runtime),
        "cpu_seconds": limits.cpu_seconds,
        "processes": limits.processes if is_root() else None,  # else it counts the whole user's
        "open_files": limits.open_files,
        "file_bytes": limits.disk_bytes,
        "printed_bytes": limits.printed_bytes,
    }


def _config(runtime: Runtime, channel: str) -> dict[str, object]:
    return {
        "channel": channel,
        "root": f"{_INSIDE}/gradecli",
        "site": [f"{_INSIDE}/site"],
        "libraries": LIBRARIES[runtime],
        "workdir": WRITABLE[0],
    }


def _address_space(limits: Limits, runtime: Runtime) -> int | None:
    return None if find_root() else limits.memory_bytes + _ADDRESS_SPACE_BASE[runtime]


def is_root() -> bool:
    return os.geteuid() == 0

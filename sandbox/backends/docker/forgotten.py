"""What an engine that was killed has forgotten: processes and groups of a container that it no longer knows.

An engine killed while it starts a container finds that container merely "created" when it is back, and
removes it without looking whether anything of it runs; killed while it ends one, it leaves its groups.
"""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path

from sandbox.backends.cgroups import MOUNT, Cgroup

__all__ = ["end_forgotten", "forgotten_groups"]


def forgotten_groups(identity: str, mount: Path = MOUNT) -> set[Path]:
    """The control groups that are left of a removed container, wherever its engine makes them."""
    names = (identity, f"docker-{identity}.scope")
    parents = [mount, *(path for path in mount.iterdir() if path.is_dir())] if mount.is_dir() else []
    inner = [path for parent in parents for path in parent.iterdir() if path.is_dir()]
    return {path / name for path in {*parents, *inner} for name in names if (path / name).is_dir()}


def end_forgotten(identity: str) -> None:
    """Kill what still runs in the control groups of a removed container, and remove those groups.

    Where the engine's processes cannot be seen from here, or are not ours to kill, nothing happens.
    """
    pids, folders = [], forgotten_groups(identity)
    for path in Path("/proc").glob("[0-9]*/cgroup"):
        with contextlib.suppress(OSError):
            groups = [line for line in path.read_text().splitlines() if identity in line]
            if groups:
                pids.append(int(path.parent.name))
                folders.update(place for line in groups for place in _places(line))
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
    if folders:
        Cgroup(1, {str(folder): folder for folder in folders}).remove()


def _places(line: str) -> list[Path]:
    """Where the group of one line of ``/proc/PID/cgroup`` is mounted."""
    _, controllers, path = line.split(":", 2)
    names = {controllers, *controllers.split(","), *(() if controllers else ("unified",))}
    mounts = [MOUNT / name.removeprefix("name=") for name in sorted(names)]
    return [folder for mount in mounts if (folder := mount / path.lstrip("/")).is_dir()]

"""The control group of a container, where this machine is the engine's and lets it be read."""

from __future__ import annotations

from pathlib import Path

from sandbox.backends.cgroups import MOUNT, Cgroup

__all__ = ["container_group"]


def container_group(identity: str, mount: Path = MOUNT) -> Cgroup | None:
    """The group the engine made for a running container, to read what it uses.

    The engine's own statistics come once a second and cost up to that; these files cost microseconds.
    A worker in a container needs ``/sys/fs/cgroup`` mounted into it, read-only. None: not readable here.
    """
    unified = (mount / "cgroup.controllers").exists()
    for place in (f"docker/{identity}", f"system.slice/docker-{identity}.scope"):
        if unified and (mount / place).is_dir():
            return Cgroup(2, dict.fromkeys(("memory", "cpu"), mount / place))
        folders = {name: mount / name / place for name in ("memory", "cpuacct")}
        if not unified and all(folder.is_dir() for folder in folders.values()):
            return Cgroup(1, folders)
    return None

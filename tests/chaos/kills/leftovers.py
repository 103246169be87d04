"""What a killed part may leave behind, looked for on the machine itself."""

from __future__ import annotations

import os
import time
from pathlib import Path

from tests.chaos.kills.service import World

__all__ = ["grow_old", "leftovers"]

_OLD_SECONDS = 7 * 86_400


def leftovers(world: World, seconds: float) -> list[str]:
    """What is still there of the service's work after waiting for so long; call it when it has stopped."""
    give_up_at = time.monotonic() + seconds
    while (found := _found(world)) and time.monotonic() < give_up_at:
        time.sleep(0.2)
    return found


def grow_old(world: World) -> None:
    """Make what lies in the staging folder look a week old, as it will be in a week."""
    then = time.time() - _OLD_SECONDS
    for path in (world.service.settings.data / "staging").iterdir():
        os.utime(path, (then, then))


def _found(world: World) -> list[str]:
    return [*_processes(world), *_groups(world), *_containers(world), *_files(world)]


def _processes(world: World) -> list[str]:
    beside = world.service_neighbours()
    return [
        f"process {member.pid}: {' '.join(member.command)[:120]}"
        for member in world.family.members()
        if member.pid not in beside
    ]


def _groups(world: World) -> list[str]:
    """Control groups of bubblewrap's sandboxes, by the process that made them, or of containers."""
    if world.engine is not None:
        ours = [group for group in world.engine.groups() if group.name != world.engine.group]
    else:
        ours = [
            group
            for group in Path("/sys/fs/cgroup").rglob("gradecli-[0-9]*-*")
            if group.is_dir() and int(group.name.split("-")[1]) in world.family.graders
        ]
    return [f"control group {group}" for group in ours]


def _containers(world: World) -> list[str]:
    return [] if world.engine is None else [f"container {one}" for one in world.engine.left()]


def _files(world: World) -> list[str]:
    """Half-written files, and anything in the folder for temporary ones."""
    data = world.service.settings.data
    stray = [path for path in data.iterdir() if path.name.startswith(".")]
    return [
        f"file {path}" for path in (*(data / "staging").iterdir(), *(world.folder / "tmp").iterdir(), *stray)
    ]

"""What a killed process leaves is removed by the next one's sweep; what is in use stays."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox import Backend, Sandbox, SandboxSpec
from sandbox.backends.cgroups import CgroupRoot, find_root
from sandbox.backends.docker.forgotten import end_forgotten, forgotten_groups
from sandbox.backends.owner import Owner
from sandbox.conformance.case import LIMITS
from sandbox.spec import Runtime

HOLD = """
import time
from sandbox import Limits, Runtime, Sandbox, SandboxSpec, find
guest = Sandbox(find("bubblewrap"), SandboxSpec(Runtime.NUMPY, Limits(memory_bytes=256 * 2**20)))
print("held", flush=True)
time.sleep(120)
"""


def groups_of(pid: int) -> list[Path]:
    root = find_root()
    assert root is not None
    return [group for folder in root.folders.values() for group in folder.glob(f"gradecli-{pid}-*")]


def test_the_cgroups_of_a_killed_process_are_swept(ready_backend: Callable[..., Backend]) -> None:
    backend = ready_backend("bubblewrap")
    if find_root() is None:
        pytest.skip("no cgroup can be made here, so none can be left")
    holder = subprocess.Popen([sys.executable, "-c", HOLD], stdout=subprocess.PIPE)
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        assert groups_of(holder.pid), "nothing would be left: this test would see nothing"
        with Sandbox(backend, SandboxSpec(Runtime.NUMPY, LIMITS)) as guest:
            backend.sweep()
            assert groups_of(holder.pid), "a sandbox in use must stay"
            # Nobody waits for it yet: where there is no init system, nobody ever does.
            holder.send_signal(signal.SIGKILL)
            deadline = time.monotonic() + 10
            while groups_of(holder.pid) and time.monotonic() < deadline:
                backend.sweep()
            assert not groups_of(holder.pid)
            assert "zombie" in Path(f"/proc/{holder.pid}/status").read_text()
            assert groups_of(os.getpid())
            assert guest.alive


SWEEP = """
from sandbox.backends.cgroups import find_root
print(*find_root().sweep())
"""


def test_a_worker_in_another_pid_namespace_leaves_our_sandboxes_alone(
    ready_backend: Callable[..., Backend],
) -> None:
    """Two containers may share one folder of groups, and to each the other's pids are nobody's."""
    backend = ready_backend("bubblewrap")
    if find_root() is None or os.geteuid() != 0:
        pytest.skip("only root can share a folder of groups between pid namespaces here")
    with Sandbox(backend, SandboxSpec(Runtime.NUMPY, LIMITS)) as guest:
        held = groups_of(os.getpid())
        assert held
        elsewhere = ["unshare", "--pid", "--fork", "--mount-proc", sys.executable, "-c", SWEEP]
        swept = subprocess.run(elsewhere, capture_output=True, text=True, check=True).stdout.split()
        assert not {group.name for group in held} & set(swept)
        assert all(group.is_dir() for group in held)
        assert guest.alive


def test_of_groups_whose_owner_cannot_be_asked_after_the_old_and_empty_ones_go(tmp_path: Path) -> None:
    us = Owner.current()
    theirs = f"gradecli-{us.pid}-{us.started}-4711"
    long_ago = time.time() - 7200
    for name in ("just-made", "old", "in-use"):
        (tmp_path / f"{theirs}-{name.replace('-', '')}").mkdir()
    (tmp_path / f"{theirs}-inuse" / "cgroup.procs").touch()  # as a real one, it cannot be removed
    (tmp_path / f"gradecli-{us.pid}-0123456789ab").mkdir()  # an older version's
    (tmp_path / f"gradecli-{us.pid}-{us.started}-{us.namespace}-ours").mkdir()
    for group in tmp_path.iterdir():
        if not group.name.endswith("justmade"):
            os.utime(group, (long_ago, long_ago))
    swept = CgroupRoot(2, {"memory": tmp_path}).sweep()
    assert set(swept) == {f"{theirs}-old", f"gradecli-{us.pid}-0123456789ab"}
    assert {group.name.rpartition("-")[2] for group in tmp_path.iterdir()} == {"justmade", "inuse", "ours"}


def test_what_still_runs_of_a_container_that_its_engine_forgot_is_ended() -> None:
    root = find_root()
    if root is None:
        pytest.skip("no cgroup can be made here")
    identity = f"{os.getpid():064x}"
    folders = {folder / identity for folder in root.folders.values()}
    for folder in folders:
        folder.mkdir()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as forgotten:
        for folder in folders:
            (folder / "cgroup.procs").write_text(str(forgotten.pid))
        end_forgotten(f"{os.getpid() + 1:064x}")
        assert forgotten.poll() is None, "another container's processes are left alone"
        end_forgotten(identity)
        assert forgotten.wait(10) == -signal.SIGKILL
    assert not any(folder.exists() for folder in folders)


def test_empty_groups_of_a_removed_container_are_found_wherever_its_engine_makes_them(tmp_path: Path) -> None:
    identity = "a" * 64
    left = {
        tmp_path / "memory" / "docker" / identity,
        tmp_path / "pids" / "of-this-engine" / identity,
        tmp_path / "system.slice" / f"docker-{identity}.scope",
    }
    for folder in (*left, tmp_path / "memory" / "docker" / ("b" * 64), tmp_path / "cpu"):
        folder.mkdir(parents=True)
    assert forgotten_groups(identity, tmp_path) == left
    assert forgotten_groups(identity, tmp_path / "nowhere") == set()

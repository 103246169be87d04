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
from sandbox.backends.cgroups import find_root
from sandbox.backends.docker.forgotten import end_forgotten
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

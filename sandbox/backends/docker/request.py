"""What the engine is asked for: one sandbox's container, every limit and every refusal in one place."""

from __future__ import annotations

import json
from typing import Any

from docker.types import DeviceRequest, LogConfig, Ulimit

from sandbox import seccomp
from sandbox.backends.docker.owner import Owner
from sandbox.runtimes import LIBRARIES
from sandbox.spec import GpuRequest, GpuSource, SandboxSpec

__all__ = ["OWNER_LABEL", "SANDBOX_LABEL", "container_options", "host_options"]

SANDBOX_LABEL = "gradecli.sandbox"
OWNER_LABEL = "gradecli.owner"

_RUNTIME = "/runtime"
_USER = "10001:10001"
# For the semaphores and small buffers of multiprocessing; large values belong into a reply.
_SHARED_MEMORY_BYTES = 16 * 2**20
_SHARED_MEMORY_INODES = 256


def container_options(spec: SandboxSpec, image: str) -> dict[str, Any]:
    """The container itself, for ``APIClient.create_container``: its program, user, environment, labels."""
    config = {
        "channel": "stdio",
        "root": f"{_RUNTIME}/gradecli",
        "site": [f"{_RUNTIME}/site"],
        "libraries": LIBRARIES[spec.runtime],
        "workdir": "/tmp",
        "uid": None,
        # The engine sets the other limits before the interpreter starts.
        "limits": {"printed_bytes": spec.limits.printed_bytes},
    }
    guest = f"{_RUNTIME}/gradecli/sandbox/guest/main.py"
    return {
        "image": image,
        "command": [f"{_RUNTIME}/bin/python", "-I", "-S", "-B", guest, json.dumps(config)],
        "user": _USER,
        "working_dir": "/tmp",
        "hostname": "sandbox",
        "environment": {
            "HOME": "/tmp",
            "LANG": "C.UTF-8",
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "PATH": "/nowhere",
            **({"NVIDIA_DRIVER_CAPABILITIES": "compute,utility"} if spec.gpu else {}),
        },
        "labels": {SANDBOX_LABEL: str(spec.runtime), OWNER_LABEL: str(Owner.current())},
        # A namespace with nothing in it either way, but made by the runtime alone: 100 ms sooner than
        # the engine's own "none" network, which is asked for below in case this is not understood.
        "network_disabled": True,
        "stdin_open": True,
        "tty": False,
    }


def host_options(spec: SandboxSpec) -> dict[str, Any]:
    """What it may use of the host, for ``APIClient.create_host_config``."""
    limits = spec.limits
    return {
        "network_mode": "none",
        "ipc_mode": "none",  # private, and without the engine's /dev/shm: ours below counts its files
        "cgroupns": "private",
        # As the first process of its namespace, the guest would be deaf to its own signals.
        "init": True,
        "read_only": True,
        "tmpfs": {
            "/tmp": _tmpfs(limits.disk_bytes, limits.inodes),
            "/dev/shm": _tmpfs(_SHARED_MEMORY_BYTES, _SHARED_MEMORY_INODES),
        },
        "cap_drop": ["ALL"],
        "security_opt": [
            "no-new-privileges",
            f"seccomp={seccomp.docker_profile(gpu=spec.gpu is not None)}",
        ],
        "mem_limit": limits.memory_bytes,
        "memswap_limit": limits.memory_bytes,  # of memory and swap together: no swap
        "nano_cpus": round(limits.cpus * 1e9),
        "pids_limit": limits.processes,
        "oom_score_adj": 1000,
        "ulimits": [
            Ulimit(name=name, soft=bound, hard=bound)
            for name, bound in (
                ("core", 0),
                ("cpu", limits.cpu_seconds),
                ("fsize", limits.disk_bytes),
                ("memlock", 2**20),
                ("msgqueue", 0),
                ("nofile", limits.open_files),
            )
        ],
        "log_config": LogConfig(type=LogConfig.types.NONE),
        "restart_policy": {"Name": "no"},
        **(_gpus(spec.gpu) if spec.gpu else {}),
    }


def _tmpfs(size: int, inodes: int) -> str:
    return f"rw,nosuid,nodev,noexec,size={size},nr_inodes={inodes},mode=1777"


def _gpus(gpu: GpuRequest) -> dict[str, Any]:
    names = list(gpu.names)
    match gpu.source:
        case GpuSource.DEVICE_REQUEST:
            # The engine takes names or a count, not both.
            chosen: dict[str, Any] = {"device_ids": names} if names else {"count": gpu.count}
            return {"device_requests": [DeviceRequest(capabilities=[["gpu"]], **chosen)]}
        case GpuSource.CDI:
            return {"device_requests": [DeviceRequest(driver="cdi", device_ids=names)]}
        case GpuSource.DEVICE_NODES:
            return {"devices": [f"{name}:{name}:rw" for name in names]}

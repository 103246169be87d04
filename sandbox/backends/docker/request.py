"""What the engine is asked for: one sandbox's container, every limit and every refusal in one place.

Plain JSON values and the standard library alone: the gate (:mod:`sandbox.gate`) makes the same request
from the same lines and passes on nothing else.
"""

from __future__ import annotations

import json
from typing import Any

from sandbox import seccomp
from sandbox.runtimes import LIBRARIES
from sandbox.spec import GpuRequest, GpuSource, SandboxSpec

__all__ = ["OWNER_LABEL", "SANDBOX_LABEL", "container_request"]

SANDBOX_LABEL = "gradecli.sandbox"
OWNER_LABEL = "gradecli.owner"

_RUNTIME = "/runtime"
_USER = "10001:10001"
# For the semaphores and small buffers of multiprocessing; large values belong into a reply.
_SHARED_MEMORY_BYTES = 16 * 2**20
_SHARED_MEMORY_INODES = 256


def container_request(spec: SandboxSpec, *, image: str, owner: str) -> dict[str, Any]:
    """The body of the engine's ``POST /containers/create``, for its API from version 1.41 on."""
    return {
        "Image": image,
        "Cmd": _command(spec),
        "User": _USER,
        "WorkingDir": "/tmp",
        "Hostname": "sandbox",
        "Env": [
            "HOME=/tmp",
            "LANG=C.UTF-8",
            "OMP_NUM_THREADS=1",
            "OPENBLAS_NUM_THREADS=1",
            "PATH=/nowhere",
            *(["NVIDIA_DRIVER_CAPABILITIES=compute,utility"] if spec.gpu else []),
        ],
        "Labels": {SANDBOX_LABEL: str(spec.runtime), OWNER_LABEL: owner},
        # A namespace with nothing in it either way, but made by the runtime alone: 100 ms sooner than
        # the engine's own "none" network, which is asked for below in case this is not understood.
        "NetworkDisabled": True,
        "OpenStdin": True,
        "StdinOnce": True,
        "AttachStdin": True,
        "AttachStdout": True,
        "AttachStderr": True,
        "Tty": False,
        "HostConfig": _host(spec),
    }


def _command(spec: SandboxSpec) -> list[str]:
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
    return [f"{_RUNTIME}/bin/python", "-I", "-S", "-B", guest, json.dumps(config)]


def _host(spec: SandboxSpec) -> dict[str, Any]:
    """What it may use of the host."""
    limits = spec.limits
    return {
        "NetworkMode": "none",
        "IpcMode": "none",  # private, and without the engine's /dev/shm: ours below counts its files
        "CgroupnsMode": "private",
        # As the first process of its namespace, the guest would be deaf to its own signals.
        "Init": True,
        "ReadonlyRootfs": True,
        "Tmpfs": {
            "/tmp": _tmpfs(limits.disk_bytes, limits.inodes),
            "/dev/shm": _tmpfs(_SHARED_MEMORY_BYTES, _SHARED_MEMORY_INODES),
        },
        "CapDrop": ["ALL"],
        "SecurityOpt": [
            "no-new-privileges",
            f"seccomp={seccomp.docker_profile(gpu=spec.gpu is not None)}",
        ],
        "Memory": limits.memory_bytes,
        "MemorySwap": limits.memory_bytes,  # of memory and swap together: no swap
        "NanoCpus": round(limits.cpus * 1e9),
        "PidsLimit": limits.processes,
        "OomScoreAdj": 1000,
        "Ulimits": [
            {"Name": name, "Soft": bound, "Hard": bound}
            for name, bound in (
                ("core", 0),
                ("cpu", limits.cpu_seconds),
                ("fsize", limits.disk_bytes),
                ("memlock", 2**20),
                ("msgqueue", 0),
                ("nofile", limits.open_files),
            )
        ],
        "LogConfig": {"Type": "none", "Config": {}},
        "RestartPolicy": {"Name": "no"},
        **(_gpus(spec.gpu) if spec.gpu else {}),
    }


def _tmpfs(size: int, inodes: int) -> str:
    return f"rw,nosuid,nodev,noexec,size={size},nr_inodes={inodes},mode=1777"


def _gpus(gpu: GpuRequest) -> dict[str, Any]:
    names = list(gpu.names)
    match gpu.source:
        case GpuSource.DEVICE_REQUEST:
            # The engine takes names or a count, not both.
            return {
                "DeviceRequests": [
                    _device_request(count=0 if names else gpu.count, names=names, capability="gpu")
                ]
            }
        case GpuSource.CDI:
            return {"DeviceRequests": [_device_request(driver="cdi", names=names)]}
        case GpuSource.DEVICE_NODES:
            return {
                "Devices": [
                    {"PathOnHost": name, "PathInContainer": name, "CgroupPermissions": "rw"} for name in names
                ]
            }


def _device_request(
    *, names: list[str], driver: str = "", count: int = 0, capability: str | None = None
) -> dict[str, Any]:
    return {
        "Driver": driver,
        "Count": count,
        "DeviceIDs": names,
        "Capabilities": [[capability]] if capability else [],
        "Options": {},
    }

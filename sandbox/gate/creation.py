"""What a worker may create: exactly the container of a sandbox, within bounds.

The numbers and names that differ between sandboxes are read out of the worker's request; from them the
request is made anew, by the code that workers use. It is compared with what was sent, so that a difference
is refused and not silently put right, and it alone goes to the engine.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sandbox.backends.docker.request import OWNER_LABEL, SANDBOX_LABEL, container_request
from sandbox.gate.http import RefusedError, parse_json
from sandbox.images import reference
from sandbox.spec import GpuRequest, Limits, Runtime, SandboxSpec

__all__ = ["GATE_LABEL", "Bounds", "creation"]

GATE_LABEL = "gradecli.gate"

_GIB = 2**30
_OWNER = re.compile(r"[A-Za-z0-9._-]{1,64}/[0-9a-f-]{0,36}/[0-9]{1,10}/[0-9]{0,20}/[0-9]{0,20}")
_TMPFS = re.compile(r"rw,nosuid,nodev,noexec,size=([0-9]{1,15}),nr_inodes=([0-9]{1,15}),mode=1777")
_PRINTED = re.compile(r'"limits": \{"printed_bytes": ([0-9]{1,15})\}\}')
_GPU_NAME = re.compile(r"[0-9]{1,3}|(GPU|MIG)-[0-9a-f-]{1,64}")


@dataclass(frozen=True, slots=True)
class Bounds:
    """The largest sandbox that may be asked for."""

    memory_bytes: int = 16 * _GIB
    cpus: int = 16
    processes: int = 1024
    open_files: int = 4096
    cpu_seconds: int = 3600
    disk_bytes: int = 4 * _GIB
    inodes: int = 1_000_000
    printed_bytes: int = 64 * 2**20
    gpus: int = 0
    """How many GPUs one sandbox may have."""


def creation(body: bytes, bounds: Bounds, gate: str) -> dict[str, Any]:
    """The request to create the container that ``body`` asks for, labelled as this ``gate``'s.

    Raises:
        RefusedError: it is anything but a sandbox's container, or larger than ``bounds``.
    """
    asked = parse_json(body)
    try:
        spec, owner = _read(asked, bounds)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise RefusedError("this does not describe a sandbox's container") from error
    made = container_request(spec, image=reference(spec.runtime), owner=owner)
    if (place := _difference(asked, made)) is not None:
        raise RefusedError(f"{place} is not what a sandbox of this version has")
    made["Labels"][GATE_LABEL] = gate
    return made


def _read(asked: Any, bounds: Bounds) -> tuple[SandboxSpec, str]:
    host, labels = asked["HostConfig"], asked["Labels"]
    size, inodes = _matched(_TMPFS, host["Tmpfs"]["/tmp"]).groups()
    ulimits = {limit["Name"]: limit["Hard"] for limit in host["Ulimits"]}
    printed = re.search(_PRINTED, asked["Cmd"][-1])
    if printed is None:
        raise ValueError
    limits = Limits(
        memory_bytes=_number("Memory", host["Memory"], bounds.memory_bytes),
        cpu_seconds=_number("CPU time", ulimits["cpu"], bounds.cpu_seconds),
        cpus=_number("NanoCpus", host["NanoCpus"], bounds.cpus * 10**9) / 1e9,
        processes=_number("PidsLimit", host["PidsLimit"], bounds.processes),
        open_files=_number("the number of open files", ulimits["nofile"], bounds.open_files),
        disk_bytes=_number("the size of /tmp", int(size), bounds.disk_bytes),
        inodes=_number("the number of files", int(inodes), bounds.inodes),
        printed_bytes=_number("what may be printed", int(printed[1]), bounds.printed_bytes),
    )
    spec = SandboxSpec(Runtime(labels[SANDBOX_LABEL]), limits, _gpus(host, bounds))
    return spec, _matched(_OWNER, labels[OWNER_LABEL]).string


def _gpus(host: dict[str, Any], bounds: Bounds) -> GpuRequest | None:
    """Only the engine's own way of asking: the other ways name devices of the host."""
    if "DeviceRequests" not in host:
        return None
    (request,) = host["DeviceRequests"]
    names = tuple(_matched(_GPU_NAME, name).string for name in request["DeviceIDs"])
    count = len(set(names)) if names else request["Count"]
    if bounds.gpus == 0:
        raise RefusedError("a GPU is asked for, and this gate gives none (--gpus)")
    _number("the number of GPUs", count, bounds.gpus)
    return GpuRequest(names=names, count=1 if names else count)


def _number(what: str, value: Any, most: int) -> int:
    # True is 1 to Python.
    if type(value) is not int:
        raise RefusedError(f"{what} is not a whole number")
    if not 0 < value <= most:
        raise RefusedError(f"{what} is {value}, and must be between 1 and {most}")
    return value


def _matched(pattern: re.Pattern[str], text: Any) -> re.Match[str]:
    found = pattern.fullmatch(text)
    if found is None:
        raise ValueError
    return found


def _difference(asked: Any, made: Any, place: str = "") -> str | None:
    """The first place at which the two differ, or None. ``asked`` may be anything."""
    if isinstance(made, dict) and isinstance(asked, dict):
        for name in [*made, *(name for name in asked if name not in made)]:
            inside = f"{place}.{name}"[:80].lstrip(".")
            if name not in made or name not in asked:
                return inside
            if (found := _difference(asked[name], made[name], inside)) is not None:
                return found
        return None
    if isinstance(made, list | tuple) and isinstance(asked, list) and len(made) == len(asked):
        pairs = (_difference(*pair, place) for pair in zip(asked, made, strict=True))
        return next((found for found in pairs if found is not None), None)
    return None if type(asked) is type(made) and asked == made else place or "the body"

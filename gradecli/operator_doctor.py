"""Looks at this machine: what it can do, what it cannot, and for each of those what to do about it."""

from __future__ import annotations

import platform
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import TYPE_CHECKING

from gradecli.client import CourseService
from gradecli.errors import CommandError, NotLoggedInError
from gradecli.home import Home
from gradecli.terminal import Styled, one_line, say, say_indented

if TYPE_CHECKING:
    from sandbox import Backend

__all__ = ["Finding", "State", "examine", "show"]

_SERVICE_PACKAGES = (
    "fastapi",
    "uvicorn",
    "sqlalchemy",
    "alembic",
    "jinja2",
    "multipart",
    "pydantic_settings",
)
_PATIENCE_SECONDS = 20

# How a limit that this machine does not enforce can be had, by the limit's name in sandbox.spec.
_LIMIT_REMEDIES = {
    "memory": "Let the worker make cgroups (systemd: Delegate=yes), or use the docker sandbox.",
    "cpu": "Let the worker make cgroups (systemd: Delegate=yes), or use the docker sandbox.",
    "processes": "Let the worker make cgroups (systemd: Delegate=yes), or use the docker sandbox.",
    "inodes": "Let the worker make cgroups (systemd: Delegate=yes), or use the docker sandbox.",
    "disk": "Use the bubblewrap sandbox, whose only writable folder is bounded, or give the worker a quota.",
}
_OTHER_LIMIT_REMEDY = "Use the docker or bubblewrap sandbox on Linux; a server uses nothing else."


class State(StrEnum):
    """Whether something works here."""

    OK = "ok"
    LIMITED = "limited"
    MISSING = "missing"
    ACT = "act"
    """Something about a service that somebody must see to."""


@dataclass(frozen=True)
class Finding:
    """One line of the examination. ``remedy`` is there whenever ``state`` is not ``OK``."""

    what: str
    state: State
    detail: str
    remedy: str = ""

    def as_json(self) -> dict[str, str]:
        return asdict(self)


def examine() -> tuple[Finding, ...]:
    """Look at everything. Takes seconds; changes nothing."""
    return (
        Finding(
            "Python", State.OK, f"{platform.python_version()} on {platform.system()} {platform.machine()}"
        ),
        _library("numpy", "pip install numpy"),
        _library("torch", "pip install 'gradecli[torch]' (only for sets that use PyTorch)"),
        _log_in(),
        _service(),
        *_sandboxes(),
        _docker_engine(),
        _gpu(),
    )


def show(findings: tuple[Finding, ...]) -> None:
    """Print the findings, each remedy under what it cures."""
    styles = {State.OK: "green", State.LIMITED: "yellow", State.MISSING: "red", State.ACT: "red"}
    width = max(len(finding.what) for finding in findings)
    for finding in findings:
        state = Styled(finding.state.value.ljust(7), styles[finding.state])
        say(state, f"  {finding.what.ljust(width)}  {one_line(finding.detail)}")
        if finding.remedy:
            say_indented(finding.remedy, 9 + width + 2)


def _library(name: str, remedy: str) -> Finding:
    try:
        return Finding(name, State.OK, version(name))
    except PackageNotFoundError:
        return Finding(name, State.MISSING, "not installed", remedy)


def _log_in() -> Finding:
    what = "course server"
    try:
        credentials = Home().credentials()
    except NotLoggedInError:
        return Finding(what, State.MISSING, "not logged in", "gradecli login URL")
    try:
        with CourseService(credentials.url, credentials.token) as service:
            return Finding(what, State.OK, f"{credentials.url}, as {service.me().name}")
    except CommandError as error:
        return Finding(what, State.MISSING, f"{credentials.url} cannot be used", str(error))


def _service() -> Finding:
    absent = [name for name in _SERVICE_PACKAGES if find_spec(name) is None]
    if absent:
        detail = f"not installed: {', '.join(absent)}"
        return Finding(
            "gradecli serve", State.MISSING, detail, "pip install 'gradecli[worker]' (only on a server)"
        )
    return Finding("gradecli serve", State.OK, "everything it needs is installed")


def _sandboxes() -> Iterator[Finding]:
    from sandbox import InfrastructureError
    from sandbox.backends import SERVER_BACKENDS, find

    for name in (*SERVER_BACKENDS, "subprocess"):
        try:
            backend = find(name)
        except InfrastructureError as error:
            yield Finding(f"sandbox {name}", State.MISSING, "cannot be used", str(error))
        else:
            yield from _sandbox(backend)


def _sandbox(backend: Backend) -> Iterator[Finding]:
    from sandbox import Runtime

    works = False
    for runtime in Runtime:
        answer = backend.availability(runtime)
        what = f"sandbox {backend.name}, {runtime.value}"
        works = works or answer.ok
        if answer.ok:
            yield Finding(what, State.OK, answer.detail)
        else:
            detail = answer.detail.removesuffix(answer.remedy).rstrip()  # some say it in both
            yield Finding(what, State.MISSING, detail, answer.remedy or "Use another sandbox.")
    if not works:
        return
    what = f"sandbox {backend.name}, limits"
    enforcement = backend.enforcement()
    missing = enforcement.not_enforced
    if backend.name == "subprocess":
        yield Finding(
            what, State.LIMITED, "no isolation at all", "It only ever runs your own code; no server uses it."
        )
    elif missing:
        remedies = dict.fromkeys(_LIMIT_REMEDIES.get(limit.value, _OTHER_LIMIT_REMEDY) for limit in missing)
        yield Finding(
            what,
            State.LIMITED,
            "not enforced here: " + ", ".join(limit.value for limit in missing),
            "\n".join(remedies),
        )
    else:
        how = ", ".join(f"{limit.value} ({by})" for limit, by in enforcement.by.items())
        yield Finding(what, State.OK, f"all enforced: {how}")
    yield from _warm(backend)


def _warm(backend: Backend) -> Iterator[Finding]:
    """How long a fresh sandbox takes here, forked from a zygote and started anew."""
    from sandbox import InfrastructureError, Runtime, Sandbox, SandboxSpec
    from sandbox.zygotes import WarmBackend, ZygoteKeeper, can_be_warm

    if not can_be_warm(backend) or not backend.availability(Runtime.NUMPY).ok:
        return
    what, spec = f"sandbox {backend.name}, warm", SandboxSpec(Runtime.NUMPY)
    with ZygoteKeeper(backend, [Runtime.NUMPY]) as keeper:
        if not keeper.wait(_PATIENCE_SECONDS):
            problem = keeper.problems.get(Runtime.NUMPY, "its zygote is not there after 20 s")
            remedy = "Gradings work, and each waits for its imports. Report it with this text."
            yield Finding(what, State.LIMITED, problem, remedy)
            return
        took = []
        for one in (WarmBackend(backend, keeper.folder, or_cold=False), backend):
            began = time.monotonic()
            try:
                with Sandbox(one, spec):
                    took.append(f"{(time.monotonic() - began) * 1000:.0f} ms")
            except InfrastructureError as error:
                yield Finding(what, State.LIMITED, str(error), "See what is said of the sandbox itself.")
                return
    detail = "a fresh sandbox with NumPy is there after {}; started anew, after {}".format(*took)
    yield Finding(what, State.OK, detail)


def _docker_engine() -> Finding:
    what = "Docker engine"
    remedy = "Install and start Docker, and let this user reach its socket. Only for the docker sandbox."
    if find_spec("docker") is None:
        return Finding(
            what, State.MISSING, "its Python library is not installed", "pip install 'gradecli[worker]'"
        )
    import docker
    from docker.errors import DockerException

    try:
        client = docker.from_env(timeout=_PATIENCE_SECONDS)
        try:
            about = client.version()
        finally:
            client.close()
    except (DockerException, OSError) as error:
        return Finding(what, State.MISSING, f"does not answer: {error}", remedy)
    return Finding(what, State.OK, f"version {about.get('Version', 'unknown')}")


def _gpu() -> Finding:
    what = "GPU"
    remedy = (
        "Only sets with the cuda runtime need one: a machine with an NVIDIA GPU, its driver and nvidia-smi."
    )
    program = shutil.which("nvidia-smi")
    if program is None:
        return Finding(what, State.MISSING, "no NVIDIA driver found", remedy)
    try:
        listed = subprocess.run(
            [program, "--query-gpu=name,memory.total", "--format=csv,noheader"],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_PATIENCE_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Finding(what, State.MISSING, f"nvidia-smi failed: {error}", remedy)
    if listed.returncode != 0 or not listed.stdout.strip():
        return Finding(
            what, State.MISSING, f"nvidia-smi says: {(listed.stdout + listed.stderr).strip()}", remedy
        )
    return Finding(what, State.OK, "; ".join(listed.stdout.strip().splitlines()))

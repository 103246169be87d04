"""The Docker engine as a sandbox backend."""

from __future__ import annotations

import datetime as dt
import functools
import logging
import re

from docker.errors import APIError

from sandbox.backends.docker.container import Container
from sandbox.backends.docker.engine import Engine, EngineAddress, explained
from sandbox.backends.docker.forgotten import end_forgotten
from sandbox.backends.docker.request import OWNER_LABEL, SANDBOX_LABEL, container_request
from sandbox.backends.owner import Owner
from sandbox.errors import GpuUnavailableError, ImageMissingError, InfrastructureError
from sandbox.images import reference
from sandbox.spec import Availability, Enforcement, GpuRequest, LimitName, Runtime, SandboxSpec

__all__ = ["DockerBackend"]

_log = logging.getLogger(__name__)

# No grading runs this long; what is older was left by a machine that cannot be asked any more.
_FOREIGN_CONTAINER_AGE = dt.timedelta(hours=6)
_ABOUT_DEVICES = re.compile(r"device|gpu|nvidia|cdi", re.IGNORECASE)


class DockerBackend:
    """See the package. Implements :class:`sandbox.backends.base.Backend`.

    ``address`` says which engine; by default what ``DOCKER_HOST`` names, else the usual socket.
    """

    name = "docker"

    def __init__(self, address: EngineAddress | None = None) -> None:
        self._address = address

    def availability(self, runtime: Runtime) -> Availability:
        try:
            with Engine(self._address) as engine:
                version = engine.client.version()["Version"]
                image = reference(runtime)
                if not engine.has_image(image):
                    return Availability(
                        ok=False,
                        detail=f"the engine does not have {image}",
                        remedy=f"Build it: gradecli sandbox build {runtime}",
                    )
        except InfrastructureError as error:
            return Availability(
                ok=False, detail=str(error), remedy="Start a Docker engine, or use the bubblewrap sandbox."
            )
        return Availability(ok=True, detail=f"Docker engine {version} has {image}")

    def enforcement(self) -> Enforcement:
        """See :meth:`Backend.enforcement`. Raises InfrastructureError when the engine does not answer."""
        with explained("say what it can limit"), Engine(self._address) as engine:
            info = engine.client.info()
        by = {
            LimitName.OPEN_FILES: "rlimit",
            LimitName.DISK: "tmpfs size",
            LimitName.INODES: "tmpfs inodes",
            LimitName.NETWORK: "network namespace with no device",
            LimitName.FILE_SYSTEM: "read-only image that holds only the runtime",
            LimitName.CPU: "rlimit" + (" and cgroup quota" if info.get("CpuCfsQuota") else ""),
        }
        if info.get("MemoryLimit") and info.get("SwapLimit"):
            by[LimitName.MEMORY] = "cgroup, swap included"
        if info.get("PidsLimit"):
            by[LimitName.PROCESSES] = "cgroup"
        if any(option.startswith("name=seccomp") for option in info.get("SecurityOptions") or ()):
            by[LimitName.SYSTEM_CALLS] = "seccomp"
        return Enforcement(by)

    def start(self, spec: SandboxSpec) -> Container:
        engine = self._engine
        identity = self._create(engine, spec)
        try:
            return Container(engine, identity)
        except BaseException as error:
            try:
                engine.remove(identity)
                end_forgotten(identity)
            except InfrastructureError as second:
                _log.warning("container %s is left to the next sweep: %s", identity, str(second))
            if spec.gpu is not None and _is_refusal_of_a_gpu(error):
                raise _gpu_refused(spec.gpu, error) from error
            raise

    def sweep(self) -> tuple[str, ...]:
        """Remove the containers of owners that are gone: workers that were killed, machines that restarted.

        Returns:
            The ids of the containers that were removed.

        Raises:
            InfrastructureError: the engine does not answer.
        """
        removed = []
        with explained("list its sandboxes"):
            found = self._engine.api.containers(all=True, filters={"label": SANDBOX_LABEL})
        for container in found:
            owner = Owner.parse(container["Labels"].get(OWNER_LABEL, ""))
            gone = owner.is_gone() if owner else True
            if gone or (gone is None and _age(container["Created"]) > _FOREIGN_CONTAINER_AGE):
                self._engine.remove(container["Id"])
                end_forgotten(container["Id"])
                removed.append(container["Id"])
        return tuple(removed)

    def _create(self, engine: Engine, spec: SandboxSpec) -> str:
        image = reference(spec.runtime)
        try:
            with explained("create a sandbox"):
                request = container_request(spec, image=image, owner=str(Owner.current()))
                created = engine.api.create_container_from_config(request)  # type: ignore[no-untyped-call]
                return str(created["Id"])
        except ImageMissingError as error:
            raise ImageMissingError(
                f"the {spec.runtime} runtime's image {image} is not on this engine: it was never built, or "
                f"from another version of gradecli. Build it: gradecli sandbox build {spec.runtime}"
            ) from error
        except InfrastructureError as error:
            if spec.gpu is not None and _is_refusal_of_a_gpu(error):
                raise _gpu_refused(spec.gpu, error) from error
            raise

    @functools.cached_property
    def _engine(self) -> Engine:
        return Engine(self._address)


def _age(created: int) -> dt.timedelta:
    return dt.datetime.now(dt.UTC) - dt.datetime.fromtimestamp(created, dt.UTC)


def _is_refusal_of_a_gpu(error: BaseException) -> bool:
    return isinstance(error.__cause__, APIError) and _ABOUT_DEVICES.search(str(error)) is not None


def _gpu_refused(gpu: GpuRequest, error: BaseException) -> GpuUnavailableError:
    wanted = ", ".join(gpu.names) or f"{gpu.count} of any"
    return GpuUnavailableError(
        f"the engine cannot give the GPU asked for ({gpu.source}: {wanted}): {error}. Install the NVIDIA "
        "container toolkit on the engine's machine, and check there that `docker run --gpus all` works."
    )

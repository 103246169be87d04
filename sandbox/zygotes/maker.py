"""What a backend can do whose sandboxes may be forked from a zygote."""

from __future__ import annotations

import socket
import subprocess
from typing import IO, Any, Protocol, TypeGuard, runtime_checkable

from sandbox.backends.base import Backend
from sandbox.backends.cgroups import Cgroup
from sandbox.spec import Limits, Runtime, SandboxSpec

__all__ = ["ZygoteMaker", "can_be_warm"]


@runtime_checkable
class ZygoteMaker(Backend, Protocol):
    """A backend with zygotes."""

    def launch_zygote(
        self, runtime: Runtime, listener: socket.socket, log: IO[bytes]
    ) -> subprocess.Popen[bytes]:
        """Start a zygote that listens on ``listener``, and that ends with the calling thread.

        Args:
            log: takes what it says when it cannot start.

        Raises:
            InfrastructureError: it cannot be started.
        """
        ...

    def guest_request(self, spec: SandboxSpec) -> dict[str, Any]:
        """What a zygote is asked for (see :mod:`sandbox.guest.zygote`)."""
        ...

    def new_cgroup(self, limits: Limits) -> Cgroup | None:
        """An empty group for one sandbox, or None where this machine has none.

        Raises:
            InfrastructureError: it could not be made.
        """
        ...


def can_be_warm(backend: Backend) -> TypeGuard[ZygoteMaker]:
    """Whether ``backend`` has zygotes."""
    return isinstance(backend, ZygoteMaker)

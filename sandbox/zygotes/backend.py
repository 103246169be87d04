"""A backend that forks its guests from zygotes, and starts them cold where there is none."""

from __future__ import annotations

import logging
from pathlib import Path

from sandbox.backends.base import SandboxProcess
from sandbox.errors import SandboxStartError
from sandbox.spec import Availability, Enforcement, Runtime, SandboxSpec
from sandbox.zygotes.maker import ZygoteMaker
from sandbox.zygotes.process import fork_guest

__all__ = ["WarmBackend"]

_log = logging.getLogger(__name__)


class WarmBackend:
    """Implements :class:`sandbox.backends.base.Backend`.

    Args:
        backend: starts what is started cold.
        folder: that of a :class:`~sandbox.zygotes.keeper.ZygoteKeeper`: a zygote's socket for each runtime.
        or_cold: start a sandbox cold where there is no zygote or it gives none.

    ``forked`` and ``cold`` count the sandboxes so far.
    """

    def __init__(self, backend: ZygoteMaker, folder: Path, *, or_cold: bool = True) -> None:
        self.name = backend.name
        self.forked = self.cold = 0
        self._backend, self._folder, self._or_cold = backend, folder, or_cold

    def availability(self, runtime: Runtime) -> Availability:
        return self._backend.availability(runtime)

    def enforcement(self) -> Enforcement:
        return self._backend.enforcement()

    def start(self, spec: SandboxSpec) -> SandboxProcess:
        """See :meth:`Backend.start`."""
        if spec.gpu is None and (not self._or_cold or (self._folder / spec.runtime).exists()):
            try:
                process = self._fork(spec)
            except SandboxStartError as error:
                if not self._or_cold:
                    raise
                _log.warning("starting a sandbox cold: %s", error)
            else:
                self.forked += 1
                return process
        self.cold += 1
        return self._backend.start(spec)

    def _fork(self, spec: SandboxSpec) -> SandboxProcess:
        cgroup = self._backend.new_cgroup(spec.limits)
        try:
            request = self._backend.guest_request(spec)
            return fork_guest(self._folder / spec.runtime, request, spec.limits, cgroup)
        except BaseException:
            if cgroup is not None:
                cgroup.end()
            raise

    def sweep(self) -> tuple[str, ...]:
        return self._backend.sweep()

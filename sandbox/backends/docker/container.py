"""One sandbox's container, from its creation until nothing of it is left."""

from __future__ import annotations

import logging
import time
from typing import Any

import docker.errors

from sandbox.backends.docker.attach import attach
from sandbox.backends.docker.channel import AttachedChannel
from sandbox.backends.docker.engine import Engine, explained
from sandbox.backends.docker.forgotten import end_forgotten, forgotten_groups
from sandbox.backends.docker.measuring import container_group
from sandbox.errors import InfrastructureError
from sandbox.spec import ExitReason, ExitStatus, Usage

__all__ = ["Container"]

_log = logging.getLogger(__name__)

_FIRST_LOOK_SECONDS = 0.002
_LONGEST_LOOK_SECONDS = 0.1
_KILLED = 137  # 128 + SIGKILL, as the engine reports it
_SIGNAL_BASE, _HIGHEST_SIGNAL = 128, 64
# The engine is told of a memory kill apart from the exit, and sometimes after it.
_MEMORY_VERDICT_SECONDS = 0.5


class Container:
    """Implements :class:`sandbox.backends.base.SandboxProcess`."""

    def __init__(self, engine: Engine, identity: str) -> None:
        """Take over a created container, and start it.

        Raises:
            InfrastructureError: the engine would not; the container is left to the caller.
        """
        self.id = identity
        self._engine = engine
        self._status: ExitStatus | None = None
        self._killed = False
        self._closed = False
        self._cpu_seconds: float | None = None
        self._peak_memory_bytes: int | None = None
        self.channel = AttachedChannel(attach(engine.address, engine.api.api_version, identity))
        try:
            with explained("start a sandbox"):
                engine.api.start(identity)
        except BaseException:
            self.channel.close()
            raise
        self._started = time.monotonic()
        self._ended: float | None = None
        self._group = container_group(identity)

    def kill(self) -> None:
        if self._status is None and not self._killed:
            self._killed = True
            self._measure()
            # First: the engine answers only when the output has been taken, and nobody takes it now.
            self.channel.hang_up()
            try:
                with explained("kill a sandbox"):
                    self._engine.api.kill(self.id)
            except InfrastructureError as error:
                if not _is_not_running(error):
                    raise

    def wait(self, timeout: float) -> ExitStatus | None:
        deadline = time.monotonic() + timeout
        pause = _FIRST_LOOK_SECONDS
        while self._status is None:
            state = self._state()
            if not state["Running"]:
                self._ended = time.monotonic()
                self._status = self._explain(state)
            elif time.monotonic() + pause > deadline:
                return None
            else:
                time.sleep(pause)
                pause = min(2 * pause, _LONGEST_LOOK_SECONDS)
        return self._status

    def usage(self) -> Usage:
        """Read from the container's control group while it runs; afterwards, what was last read."""
        self._measure()
        return Usage(
            (self._ended or time.monotonic()) - self._started, self._cpu_seconds, self._peak_memory_bytes
        )

    def diagnostics(self) -> str:
        return self.channel.errors

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._measure()
            self._ended = self._ended or time.monotonic()
            self.channel.close()
            try:
                self._engine.remove(self.id)
            except InfrastructureError as error:
                _log.warning("container %s is left to the next sweep: %s", self.id, str(error))
            else:
                if forgotten_groups(self.id):
                    end_forgotten(self.id)

    def _measure(self) -> None:
        if self._group is not None and self._status is None:
            self._cpu_seconds = self._group.cpu_seconds() or self._cpu_seconds
            self._peak_memory_bytes = self._group.peak_memory_bytes() or self._peak_memory_bytes

    def _state(self) -> dict[str, Any]:
        with explained("say how a sandbox is"):
            state: dict[str, Any] = self._engine.api.inspect_container(self.id)["State"]
        return state

    def _explain(self, state: dict[str, Any]) -> ExitStatus:
        code = int(state["ExitCode"])
        deadline = time.monotonic() + _MEMORY_VERDICT_SECONDS
        while code == _KILLED and not self._killed and not state["OOMKilled"]:
            if time.monotonic() > deadline:
                break
            time.sleep(_FIRST_LOOK_SECONDS)
            state = self._state()
        if state["OOMKilled"]:
            return ExitStatus(ExitReason.OUT_OF_MEMORY)
        if self._killed:
            return ExitStatus(ExitReason.KILLED_BY_HOST)
        if _SIGNAL_BASE < code <= _SIGNAL_BASE + _HIGHEST_SIGNAL:
            return ExitStatus(ExitReason.SIGNALLED, code - _SIGNAL_BASE)
        return ExitStatus(ExitReason.EXITED, code)


def _is_not_running(error: InfrastructureError) -> bool:
    cause = error.__cause__
    return isinstance(cause, docker.errors.APIError) and cause.status_code in (404, 409)

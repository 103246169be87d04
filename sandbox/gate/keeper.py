"""Which containers are this gate's, and the end of those that nobody holds any more.

A worker holds a sandbox by its streams. One that was killed has let go of them, and the engine would
keep its container for as long as the student's code likes. The gate sees the streams end, waits for the
worker to tidy up, and otherwise does it itself: no owner has to be asked after.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging

from sandbox.gate.engine import EngineClient, EngineGoneError
from sandbox.gate.rules import OLDEST_API, own_containers, removal

__all__ = ["Keeper"]

_AGAIN_SECONDS = 1.0

log = logging.getLogger(__name__)


class Keeper:
    """Knows the containers made under one gate's name. Runs in one event loop."""

    def __init__(self, engine: EngineClient, gate: str, *, grace: float) -> None:
        """``grace``: seconds that an unheld container is left to its worker."""
        self._engine = engine
        self._gate = gate
        self._grace = grace
        self._ends: dict[str, asyncio.TimerHandle | None] = {}
        self._removing: set[asyncio.Task[None]] = set()
        self.adopted = asyncio.Event()

    def __len__(self) -> int:
        return len(self._ends)

    def __contains__(self, container: str) -> bool:
        return container in self._ends

    def is_held(self, container: str) -> bool:
        return container in self._ends and self._ends[container] is None

    def add(self, container: str) -> None:
        """A container exists and nobody has its streams, yet or any more."""
        self._stop_waiting(container)
        loop = asyncio.get_running_loop()
        self._ends[container] = loop.call_later(self._grace, self._begin_removal, container)

    def hold(self, container: str) -> None:
        """Somebody has its streams; :meth:`add` says when they let go."""
        self._stop_waiting(container)
        self._ends[container] = None

    def forget(self, container: str) -> None:
        """It is gone."""
        self._stop_waiting(container)
        self._ends.pop(container, None)

    async def adopt(self) -> None:
        """Take up what an earlier gate of this name has left. Waits until the engine answers."""
        while not self.adopted.is_set():
            try:
                answer = await self._engine.ask("GET", f"/v1.{OLDEST_API}{own_containers(self._gate)}")
                if answer.status != 200:
                    raise EngineGoneError(f"it answers {answer.status}: {answer.body[:200]!r}")
                found = [container["Id"] for container in json.loads(answer.body)]
            except EngineGoneError as error:
                log.warning("the engine does not list its containers: %s", error)
                await asyncio.sleep(_AGAIN_SECONDS)
                continue
            for container in found:
                if container not in self._ends:
                    self.add(container)
            if found:
                log.info("took up %d containers that an earlier gate has left", len(found))
            self.adopted.set()

    async def close(self) -> None:
        for container in list(self._ends):
            self._stop_waiting(container)
        for task in list(self._removing):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    def _stop_waiting(self, container: str) -> None:
        if (timer := self._ends.get(container)) is not None:
            timer.cancel()

    def _begin_removal(self, container: str) -> None:
        task = asyncio.get_running_loop().create_task(self._remove(container))
        self._removing.add(task)
        task.add_done_callback(self._removing.discard)

    async def _remove(self, container: str) -> None:
        try:
            answer = await self._engine.ask("DELETE", f"/v1.{OLDEST_API}{removal(container)}")
        except EngineGoneError as error:
            log.warning("container %s is left for now: %s", container, error)
        else:
            if answer.status in (204, 404):
                log.info("removed container %s, which nobody held", container)
                self.forget(container)
                return
            log.warning("container %s is left for now: %r", container, answer.body[:200])
        if container in self._ends:
            self.add(container)

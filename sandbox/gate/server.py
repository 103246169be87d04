"""The gate itself: takes connections, orders what the rules allow, carries the streams of containers."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import select
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

from sandbox.gate.creation import Bounds
from sandbox.gate.engine import Answer, EngineClient, EngineGoneError, Stream
from sandbox.gate.http import MAX_HEAD_BYTES, RefusedError, Request, answer, read_request
from sandbox.gate.keeper import Keeper
from sandbox.gate.rules import Order, Purpose, order

__all__ = ["Gate"]

_REQUEST_SECONDS = 10.0
_CONNECTIONS = 512
_PIECE_BYTES = 2**18
_SOCKET_MODE = 0o660
# What the docker backend asks an engine about itself; the rest tells of its host and its proxies.
_DESCRIBED = ("CpuCfsQuota", "MemoryLimit", "PidsLimit", "Runtimes", "SecurityOptions", "SwapLimit")

log = logging.getLogger(__name__)


class Gate:
    """Serves on one Unix socket until it is closed.

    Args:
        engine: the path of the engine's socket.
        name: tells this gate's containers from those of others on the same engine.
        containers: how many may exist at the same time.
        grace: seconds after which a container is removed whose streams nobody holds.
    """

    def __init__(
        self,
        engine: str,
        *,
        name: str,
        bounds: Bounds | None = None,
        containers: int = 64,
        grace: float = 60.0,
    ) -> None:
        self._engine = EngineClient(engine)
        self._name = name
        self._bounds = bounds or Bounds()
        self._most = containers
        self._keeper = Keeper(self._engine, name, grace=grace)
        self._creating = 0
        self._connections: set[asyncio.Task[None]] = set()

    async def serve(self, path: Path) -> None:
        """Listen at ``path`` until cancelled; its user and group may connect.

        Raises:
            OSError: the place is not ours to listen at.
        """
        path.unlink(missing_ok=True)
        # Made for nobody, then opened: whoever may not connect never can.
        before = os.umask(0o777)
        try:
            server = await asyncio.start_unix_server(self._connected, os.fspath(path), limit=MAX_HEAD_BYTES)
        finally:
            os.umask(before)
        path.chmod(_SOCKET_MODE)
        adopting = asyncio.get_running_loop().create_task(self._keeper.adopt())
        try:
            async with server:
                log.info("workers reach the engine at %s", path)
                await server.serve_forever()
        finally:
            for task in [adopting, *self._connections]:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
            await self._keeper.close()
            path.unlink(missing_ok=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            await self._handle(reader, writer)
            writer.close()
            await writer.wait_closed()
        except (OSError, asyncio.CancelledError):
            pass  # whoever asked has left, or never finishes asking, or the gate is closing
        finally:
            self._connections.discard(task)
            writer.transport.abort()

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request: Request | None = None
        try:
            if len(self._connections) > _CONNECTIONS:
                raise RefusedError("too many connections are open", HTTPStatus.SERVICE_UNAVAILABLE)
            async with asyncio.timeout(_REQUEST_SECONDS):
                request = await read_request(reader)
            if request is None:
                return
            wanted = order(request, self._bounds, self._name)
            if wanted.container is not None:
                await self._require_own(wanted.container)
            if wanted.purpose is Purpose.ATTACH:
                await self._carry(wanted, reader, writer)
                return
            said = await self._ask(wanted)
        except RefusedError as refusal:
            # A name of somebody's choice is written so that it cannot look like a line of the log.
            asked = f"{request.method} {request.path[:120]!r}" if request else "a request"
            log.warning("refused %s: %s", asked, refusal)
            writer.write(_message(refusal.status, f"the gate refuses: {refusal}"))
        except EngineGoneError as error:
            log.warning("the engine did not answer: %s", error)
            writer.write(_message(HTTPStatus.BAD_GATEWAY, "no Docker engine answers behind the gate"))
        else:
            writer.write(answer(said.status, said.body, said.content_type))
        async with asyncio.timeout(_REQUEST_SECONDS):
            await writer.drain()

    async def _require_own(self, container: str) -> None:
        try:
            async with asyncio.timeout(_REQUEST_SECONDS):
                await self._keeper.adopted.wait()
        except TimeoutError as error:
            raise EngineGoneError("it has not listed its containers yet") from error
        if container not in self._keeper:
            # The same words for what is gone and for what is somebody else's.
            raise RefusedError(f"No such container: {container}", HTTPStatus.NOT_FOUND)

    async def _ask(self, wanted: Order) -> Answer:
        match wanted.purpose:
            case Purpose.CREATE:
                return await self._create(wanted)
            case Purpose.DESCRIBE:
                return _described(await self._engine.ask(wanted.method, wanted.target))
        said = await self._engine.ask(wanted.method, wanted.target, wanted.body)
        gone = wanted.purpose is Purpose.REMOVE and said.status == HTTPStatus.NO_CONTENT
        if wanted.container is not None and (gone or said.status == HTTPStatus.NOT_FOUND):
            self._keeper.forget(wanted.container)
        return said

    async def _create(self, wanted: Order) -> Answer:
        if len(self._keeper) + self._creating >= self._most:
            raise RefusedError(
                f"there are {self._most} sandboxes already (--containers)", HTTPStatus.SERVICE_UNAVAILABLE
            )
        self._creating += 1
        try:
            said = await self._engine.ask(wanted.method, wanted.target, wanted.body)
            if said.status == HTTPStatus.CREATED:
                self._keeper.add(_parsed(said)["Id"])
        finally:
            self._creating -= 1
        return said

    async def _carry(self, wanted: Order, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Give over the streams of one container, until either side ends them."""
        container = wanted.container
        assert container is not None
        if self._keeper.is_held(container):
            raise RefusedError("somebody holds the streams of this container", HTTPStatus.CONFLICT)
        self._keeper.hold(container)
        try:
            stream = await self._engine.attach(wanted.target)
            if isinstance(stream, Answer):
                writer.write(answer(stream.status, stream.body, stream.content_type))
                await writer.drain()
                return
            try:
                writer.write(stream.head)
                await _relay(reader, writer, stream)
            finally:
                # What the container has not read yet, it need not read any more.
                stream.writer.transport.abort()
        finally:
            if container in self._keeper:
                self._keeper.add(container)


async def _relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, stream: Stream) -> None:
    """Carry both ways, each at the speed of its reader, until one of the two has ended."""
    with _hang_up(writer.get_extra_info("socket").fileno()) as left:
        up = asyncio.ensure_future(_carry_one_way(reader, stream.writer))
        down = asyncio.ensure_future(_carry_one_way(stream.reader, writer))
        try:
            await asyncio.wait((up, down, left), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (up, down):
                task.cancel()
            await asyncio.gather(up, down, return_exceptions=True)


@contextlib.contextmanager
def _hang_up(descriptor: int) -> Iterator[asyncio.Future[None]]:
    """Done when the other end of a socket has let go, also while nothing can be carried its way."""
    loop = asyncio.get_running_loop()
    left: asyncio.Future[None] = loop.create_future()

    def note() -> None:
        loop.remove_reader(watch.fileno())
        left.set_result(None)

    with select.epoll() as watch:
        watch.register(descriptor, select.EPOLLRDHUP)
        loop.add_reader(watch.fileno(), note)
        try:
            yield left
        finally:
            loop.remove_reader(watch.fileno())


async def _carry_one_way(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await source.read(_PIECE_BYTES):
            target.write(data)
            await target.drain()


def _described(said: Answer) -> Answer:
    if said.status != HTTPStatus.OK:
        return said
    whole = _parsed(said)
    kept = {name: whole[name] for name in _DESCRIBED if name in whole}
    return Answer(said.status, said.content_type, json.dumps(kept).encode())


def _parsed(said: Answer) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(said.body)
    except ValueError as error:
        raise EngineGoneError("its answer is not JSON") from error
    return found


def _message(status: HTTPStatus, text: str) -> bytes:
    return answer(status, json.dumps({"message": text}).encode())

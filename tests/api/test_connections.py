"""Connections to the web process: so many at a time, and none is held up by saying nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from uvicorn.server import ServerState

from api.processes import connections
from api.processes.web import server_config

ASK = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
Talk = Callable[[int], Awaitable[None]]


@pytest.fixture
def served(school):
    """Runs a conversation with the school's web process, which listens on the port it is given."""
    settings = school.settings.model_copy(update={"connections": 20})

    def serve(talk: Talk) -> None:
        async def run() -> None:
            config, state = server_config(school.app, settings), ServerState()
            config.load()
            loop = asyncio.get_running_loop()
            server = await loop.create_server(
                lambda: connections.PunctualProtocol(config, state, {}), "127.0.0.1", 0
            )
            async with server:
                try:
                    await talk(server.sockets[0].getsockname()[1])
                finally:
                    for connection in list(state.connections):
                        connection.transport.abort()
                    while state.connections:
                        await asyncio.sleep(0)

        asyncio.run(run())

    return serve


async def _answer(port: int) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(ASK)
    status = await reader.readline()
    writer.close()
    await writer.wait_closed()
    return status


@pytest.mark.parametrize("said", [b"", b"GET /healthz HT"], ids=["nothing", "half a request"])
@pytest.mark.parametrize("before", [False, True], ids=["", "after one that was answered"])
def test_who_does_not_finish_asking_is_hung_up_on(served, monkeypatch, said, before):
    monkeypatch.setattr(connections, "_HEAD_SECONDS", 0.3)

    async def talk(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        if before:
            writer.write(ASK)
            assert (await reader.readuntil(b"}")).startswith(b"HTTP/1.1 200")
        writer.write(said)
        async with asyncio.timeout(15):
            assert await reader.read() == b""
        writer.close()
        await writer.wait_closed()

    served(talk)


def test_who_asks_slowly_but_in_time_is_answered(served, monkeypatch):
    monkeypatch.setattr(connections, "_HEAD_SECONDS", 5.0)

    async def talk(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for byte in ASK:
            writer.write(bytes([byte]))
            await writer.drain()
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        writer.close()
        await writer.wait_closed()

    served(talk)


def test_beyond_so_many_connections_the_answer_is_503_until_some_are_gone(served):
    async def talk(port: int) -> None:
        held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(20)]
        assert b"503" in await _answer(port)
        for _reader, writer in held:
            writer.close()
            await writer.wait_closed()
        async with asyncio.timeout(10):
            while b"200" not in await _answer(port):
                await asyncio.sleep(0)

    served(talk)

"""A byte channel over a connected socket, with deadlines."""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Sequence

__all__ = ["SocketChannel"]


class SocketChannel:
    """The host's end of a socket pair whose other end the guest holds. See ``ByteChannel``."""

    def __init__(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        self._socket = connection

    def send(self, parts: Sequence[bytes | bytearray | memoryview], deadline: float) -> None:
        for part in parts:
            view = memoryview(part).cast("B") if memoryview(part).nbytes else memoryview(b"")
            while view:
                try:
                    view = view[self._socket.send(view) :]
                except BlockingIOError:
                    self._wait(select.POLLOUT, deadline)
                except (BrokenPipeError, ConnectionResetError) as error:
                    raise EOFError("the guest closed its end") from error

    def receive_into(self, target: memoryview, deadline: float) -> None:
        filled = 0
        while filled < target.nbytes:
            try:
                got = self._socket.recv_into(target[filled:])
            except BlockingIOError:
                self._wait(select.POLLIN, deadline)
                continue
            except ConnectionResetError as error:
                raise EOFError("the guest closed its end") from error
            if got == 0:
                raise EOFError("the guest closed its end")
            filled += got
            if time.monotonic() > deadline:
                raise TimeoutError

    def pending(self) -> bool:
        try:
            return bool(self._socket.recv(1, socket.MSG_PEEK))
        except (BlockingIOError, ConnectionResetError):
            return False

    def close(self) -> None:
        self._socket.close()

    def _wait(self, event: int, deadline: float) -> None:
        poller = select.poll()
        poller.register(self._socket, event)
        remaining = deadline - time.monotonic()
        if remaining <= 0 or not poller.poll(remaining * 1000):
            raise TimeoutError

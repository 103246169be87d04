"""A byte channel over a container's attached streams.

The engine sends standard output and error over one connection, in chunks of eight header bytes (the
stream's number, three zeros, the length) and that many bytes. Output is the guest's wire; of error the
beginning is kept, for staff. The engine writes the headers, so no guest can forge them.
"""

from __future__ import annotations

import contextlib
import select
import socket
import struct
import time
from collections.abc import Sequence

from sandbox.errors import InfrastructureError

__all__ = ["AttachedChannel"]

_CHUNK_HEADER = struct.Struct(">BxxxI")
_STDOUT, _STDERR = 1, 2
_BUFFER_BYTES = 2**18
_KEPT_ERROR_BYTES = 16_384
_NOTHING = memoryview(bytearray())


class AttachedChannel:
    """Implements :class:`sandbox.backends.base.ByteChannel`.

    Memory is bounded whatever the guest writes: what is not asked for stays in one buffer of 256 KiB,
    then in the engine and the guest's own pipe.
    """

    def __init__(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        self._socket = connection
        self._buffer = memoryview(bytearray(_BUFFER_BYTES))
        self._start = self._end = 0  # what has been received and not yet looked at
        self._stream = 0
        self._left = 0  # bytes of the current chunk that have not been taken
        self._ended = False
        self._errors = bytearray()

    @property
    def errors(self) -> str:
        """The beginning of what the container wrote to standard error."""
        self._advance(_NOTHING)
        return self._errors.decode("utf-8", "replace")

    def send(self, parts: Sequence[bytes | bytearray | memoryview], deadline: float) -> None:
        for part in parts:
            view = memoryview(part).cast("B") if memoryview(part).nbytes else memoryview(b"")
            while view:
                try:
                    view = view[self._socket.send(view) :]
                except BlockingIOError:
                    self._wait_to_send(deadline)
                except (BrokenPipeError, ConnectionResetError) as error:
                    raise EOFError("the container's input is closed") from error

    def receive_into(self, target: memoryview, deadline: float) -> None:
        target = target.cast("B") if target.nbytes else memoryview(b"")
        while target:
            target = target[self._advance(target) :]
            if not target:
                return
            if time.monotonic() > deadline:
                raise TimeoutError
            if not self._fill():
                if self._ended:
                    raise EOFError("the container's output has ended")
                self._wait(select.POLLIN, deadline)

    def pending(self) -> bool:
        while True:
            self._advance(_NOTHING)
            if self._left and self._stream == _STDOUT:
                return True
            if not self._fill():
                return False

    def hang_up(self) -> None:
        """Let go of both directions, so that the engine need not wait for anybody to read."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._socket.close()

    def _wait_to_send(self, deadline: float) -> None:
        """Wait for room, taking in what the guest writes meanwhile, so that neither waits for the other."""
        self._advance(_NOTHING)
        if self._has_room():
            self._wait(select.POLLOUT | select.POLLIN, deadline)
            if not self._fill() and self._ended:
                raise EOFError("the container's output has ended")
        else:
            self._wait(select.POLLOUT, deadline)

    def _wait(self, events: int, deadline: float) -> None:
        poller = select.poll()
        poller.register(self._socket, events)
        remaining = deadline - time.monotonic()
        if remaining <= 0 or not poller.poll(remaining * 1000):
            raise TimeoutError

    def _has_room(self) -> bool:
        return self._end - self._start < _BUFFER_BYTES

    def _fill(self) -> bool:
        """Receive what is there into the buffer; whether anything was."""
        if self._ended or not self._has_room():
            return False
        if self._start == self._end:
            self._start = self._end = 0
        elif self._end == _BUFFER_BYTES:
            waiting = bytes(self._buffer[self._start : self._end])
            self._start, self._end = 0, len(waiting)
            self._buffer[: self._end] = waiting
        try:
            got = self._socket.recv_into(self._buffer[self._end :])
        except BlockingIOError:
            return False
        except ConnectionResetError:
            got = 0
        self._ended = got == 0
        self._end += got
        return got > 0

    def _advance(self, target: memoryview) -> int:
        """Move buffered output into ``target`` and buffered errors aside; how many bytes were moved."""
        moved = 0
        while True:
            if self._left == 0 and not self._next_chunk():
                return moved
            count = min(self._left, self._end - self._start)
            if self._stream == _STDOUT:
                count = min(count, len(target) - moved)
            taken = self._buffer[self._start : self._start + count]
            if self._stream == _STDOUT:
                target[moved : moved + count] = taken
                moved += count
            else:
                self._errors += taken[: _KEPT_ERROR_BYTES - len(self._errors)]
            self._start += count
            self._left -= count
            if self._left:
                return moved  # the target is full, or the rest has not arrived

    def _next_chunk(self) -> bool:
        """Read the next chunk's header, if all of it is there."""
        if self._end - self._start < _CHUNK_HEADER.size:
            return False
        self._stream, self._left = _CHUNK_HEADER.unpack_from(self._buffer, self._start)
        if self._stream not in (_STDOUT, _STDERR):
            raise InfrastructureError(
                f"the Docker engine sent a stream numbered {self._stream}: is there a proxy in between?"
            )
        self._start += _CHUNK_HEADER.size
        return True

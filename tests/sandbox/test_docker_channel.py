"""The channel over a container's attached streams, fed by a socket that plays the engine."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.backends.docker.channel import AttachedChannel
from sandbox.errors import InfrastructureError

OUT, ERR = 1, 2


def chunk(stream: int, data: bytes) -> bytes:
    return struct.pack(">BxxxI", stream, len(data)) + data


def soon() -> float:
    return time.monotonic() + 5.0


def read(channel: AttachedChannel, count: int, deadline: float | None = None) -> bytes:
    target = bytearray(count)
    channel.receive_into(memoryview(target), soon() if deadline is None else deadline)
    return bytes(target)


class Line:
    """Both ends: ``channel`` is ours, ``engine`` the other."""

    def __init__(self) -> None:
        ours, self.engine = socket.socketpair()
        self.channel = AttachedChannel(ours)

    def close(self) -> None:
        self.channel.close()
        self.engine.close()


@pytest.fixture
def line() -> Iterator[Line]:
    made = Line()
    yield made
    made.close()


@given(
    chunks=st.lists(st.tuples(st.sampled_from([OUT, ERR]), st.binary(max_size=40)), max_size=12),
    reads=st.lists(st.integers(1, 30), min_size=1),
    piece=st.integers(1, 50),
)
def test_output_is_exactly_what_was_written_however_it_arrives(chunks, reads, piece):
    line = Line()
    stream = b"".join(chunk(number, data) for number, data in chunks)
    for start in range(0, len(stream), piece):
        line.engine.sendall(stream[start : start + piece])
    expected = b"".join(data for number, data in chunks if number == OUT)
    got = b""
    for count in reads * (len(expected) + 1):
        got += read(line.channel, min(count, len(expected) - len(got)))
    assert got == expected
    assert not line.channel.pending()
    assert line.channel.errors == b"".join(d for n, d in chunks if n == ERR).decode("utf-8", "replace")
    line.close()


def test_an_answer_larger_than_every_buffer_comes_whole(line: Line):
    data = bytes(range(256)) * 20_000
    stream = b"".join(chunk(OUT, data[i : i + 32_768]) for i in range(0, len(data), 32_768))
    sender = threading.Thread(target=line.engine.sendall, args=(stream,))
    sender.start()
    assert read(line.channel, len(data)) == data
    sender.join()


def test_the_end_of_output_is_told_after_what_came_before_it(line: Line):
    line.engine.sendall(chunk(OUT, b"last"))
    line.engine.close()
    assert read(line.channel, 4) == b"last"
    with pytest.raises(EOFError):
        read(line.channel, 1)


def test_output_cut_short_is_an_end_and_not_an_answer(line: Line):
    line.engine.sendall(chunk(OUT, b"12345678")[:-3])
    line.engine.close()
    with pytest.raises(EOFError):
        read(line.channel, 8)


def test_silence_ends_at_the_deadline(line: Line):
    started = time.monotonic()
    with pytest.raises(TimeoutError):
        read(line.channel, 1, started + 0.2)
    assert 0.15 < time.monotonic() - started < 2


def test_a_guest_that_drips_bytes_does_not_move_the_deadline(line: Line):
    stop = threading.Event()

    def drip() -> None:
        while not stop.wait(0.02):
            line.engine.sendall(chunk(OUT, b"x"))

    dripping = threading.Thread(target=drip)
    dripping.start()
    started = time.monotonic()
    with pytest.raises(TimeoutError):
        read(line.channel, 10_000, started + 0.3)
    assert time.monotonic() - started < 2
    stop.set()
    dripping.join()


def test_diagnostics_keep_the_beginning_and_are_bounded(line: Line):
    flood = chunk(ERR, b"why it failed") + chunk(ERR, b"x" * 30_000) * 20 + chunk(OUT, b"!")
    sender = threading.Thread(target=line.engine.sendall, args=(flood,))
    sender.start()
    assert read(line.channel, 1) == b"!"
    sender.join()
    assert line.channel.errors.startswith("why it failed")
    assert len(line.channel.errors) == 16_384


def test_only_output_counts_as_waiting(line: Line):
    assert not line.channel.pending()
    line.engine.sendall(chunk(ERR, b"noise"))
    assert not line.channel.pending()
    line.engine.sendall(chunk(OUT, b"x")[:8])
    assert line.channel.pending(), "its announcement is enough"


def test_a_long_request_gets_through_while_the_guest_writes(line: Line):
    """Neither side may wait for the other to read first."""
    request = b"q" * 3_000_000
    received = bytearray()

    def guest() -> None:
        for _ in range(40):
            line.engine.sendall(chunk(ERR, b"warning " * 4_000))
        while len(received) < len(request):
            received.extend(line.engine.recv(1 << 20))
        line.engine.sendall(chunk(OUT, b"ok"))

    answering = threading.Thread(target=guest)
    answering.start()
    line.channel.send([b"", memoryview(request)], soon())
    assert read(line.channel, 2) == b"ok"
    answering.join()
    assert bytes(received) == request


def test_output_that_nobody_asked_for_fills_one_buffer_and_no_more(line: Line):
    line.engine.settimeout(0.3)
    flood = chunk(OUT, b"x" * 30_000)
    sent = 0
    with contextlib.suppress(TimeoutError):
        while sent < 50_000_000:
            line.engine.sendall(flood)
            assert line.channel.pending()
            sent += len(flood)
    assert sent < 2_000_000


def test_sending_gives_up_at_the_deadline_and_when_the_guest_is_gone(line: Line):
    with pytest.raises(TimeoutError):
        line.channel.send([b"x" * 10_000_000], time.monotonic() + 0.2)
    line.engine.close()
    with pytest.raises(EOFError):
        line.channel.send([b"x" * 10_000_000], soon())


def test_an_unknown_stream_is_the_engines_fault_not_the_students(line: Line):
    line.engine.sendall(b"HTTP/1.1 502 Bad Gateway\r\n\r\n")
    with pytest.raises(InfrastructureError, match="proxy"):
        read(line.channel, 1)


def test_hanging_up_lets_a_blocked_writer_go(line: Line):
    line.channel.hang_up()
    with pytest.raises((BrokenPipeError, ConnectionResetError)):
        line.engine.sendall(b"x" * 10_000_000)
    with pytest.raises(EOFError):
        read(line.channel, 1)

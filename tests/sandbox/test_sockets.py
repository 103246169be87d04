"""The byte channel over a socket: everything arrives, or the deadline or the end is told."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from sandbox.backends.sockets import SocketChannel


@pytest.fixture
def ends() -> Iterator[tuple[SocketChannel, socket.socket]]:
    host, guest = socket.socketpair()
    channel = SocketChannel(host)
    with guest:
        yield channel, guest
    channel.close()


def soon(seconds: float = 5.0) -> float:
    return time.monotonic() + seconds


def test_parts_of_any_kind_arrive_in_order(ends: tuple[SocketChannel, socket.socket]) -> None:
    channel, guest = ends
    channel.send([b"one", bytearray(b""), memoryview(b"two"), memoryview(b""), bytearray(b"3")], soon())
    assert guest.recv(100) == b"onetwo3"


def test_more_than_the_socket_holds_is_sent_and_received_whole(
    ends: tuple[SocketChannel, socket.socket],
) -> None:
    channel, guest = ends
    sent = bytes(range(256)) * 40_000  # 10 MB: far more than any socket buffer

    def echo() -> None:
        data = bytearray()
        while len(data) < len(sent):
            data += guest.recv(65_536)
        guest.sendall(data)

    thread = threading.Thread(target=echo)
    thread.start()
    channel.send([sent[:1000], sent[1000:]], soon(30))
    received = bytearray(len(sent))
    channel.receive_into(memoryview(received), soon(30))
    thread.join()
    assert received == sent


def test_nothing_to_receive_needs_nothing(ends: tuple[SocketChannel, socket.socket]) -> None:
    channel, _ = ends
    channel.receive_into(memoryview(bytearray()), soon(0))


def test_silence_ends_at_the_deadline(ends: tuple[SocketChannel, socket.socket]) -> None:
    channel, guest = ends
    guest.send(b"half")
    started = time.monotonic()
    with pytest.raises(TimeoutError):
        channel.receive_into(memoryview(bytearray(8)), soon(0.2))
    assert 0.15 < time.monotonic() - started < 2


def test_a_trickle_does_not_move_the_deadline(ends: tuple[SocketChannel, socket.socket]) -> None:
    channel, guest = ends
    over = threading.Event()

    def trickle() -> None:
        while not over.wait(0.02):
            guest.send(b"x")

    thread = threading.Thread(target=trickle)
    thread.start()
    started = time.monotonic()
    try:
        with pytest.raises(TimeoutError):
            channel.receive_into(memoryview(bytearray(10_000)), soon(0.3))
        assert time.monotonic() - started < 2
    finally:
        over.set()
        thread.join()


def test_a_reader_that_does_not_read_ends_the_sending_at_the_deadline(
    ends: tuple[SocketChannel, socket.socket],
) -> None:
    channel, _ = ends
    started = time.monotonic()
    with pytest.raises(TimeoutError):
        channel.send([bytes(50_000_000)], soon(0.2))
    assert time.monotonic() - started < 2


def test_a_deadline_in_the_past_is_over(ends: tuple[SocketChannel, socket.socket]) -> None:
    channel, _ = ends
    with pytest.raises(TimeoutError):
        channel.receive_into(memoryview(bytearray(1)), time.monotonic() - 1)


def test_the_other_ends_closing_is_told(ends: tuple[SocketChannel, socket.socket]) -> None:
    channel, guest = ends
    guest.send(b"ab")
    guest.close()
    with pytest.raises(EOFError):
        channel.receive_into(memoryview(bytearray(3)), soon())
    with pytest.raises(EOFError):
        channel.send([b"x" * 1000], soon())
    assert not channel.pending()


def test_bytes_that_nobody_asked_for_are_pending_and_stay(ends: tuple[SocketChannel, socket.socket]) -> None:
    channel, guest = ends
    assert not channel.pending()
    guest.send(b"early")
    assert channel.pending()
    assert channel.pending()
    received = bytearray(5)
    channel.receive_into(memoryview(received), soon())
    assert received == b"early"
    assert not channel.pending()

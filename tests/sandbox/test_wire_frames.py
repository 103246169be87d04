"""Frames: the prefix, the header and the body are checked before anything is believed."""

from __future__ import annotations

import struct
import tracemalloc

import pytest

from sandbox.wire import FrameLimits, WireError, WireOverflowError, pack_frame, read_prefix
from sandbox.wire.frames import PREFIX_BYTES, parse_header, split_body

LIMITS = FrameLimits(header_bytes=1000, body_bytes=2000)


def prefix(header_bytes: int, body_bytes: int, magic: bytes = b"GCW1") -> bytes:
    return struct.pack(">4sIQ", magic, header_bytes, body_bytes)


def test_a_frame_is_read_as_it_was_packed() -> None:
    buffers = [b"", b"a", b"b" * 16, b"c" * 17, bytearray(b"d"), memoryview(b"efg")]
    data = bytearray().join(pack_frame({"kind": "x"}, buffers))
    sizes = read_prefix(data[:PREFIX_BYTES], LIMITS)
    assert len(data) == PREFIX_BYTES + sizes.header_bytes + sizes.body_bytes
    header = parse_header(data[PREFIX_BYTES : PREFIX_BYTES + sizes.header_bytes])
    assert header == {"kind": "x", "buffers": [0, 1, 16, 17, 1, 3]}
    body = data[PREFIX_BYTES + sizes.header_bytes :]
    assert [bytes(view) for view in split_body(header, body, LIMITS)] == [bytes(b) for b in buffers]


def test_each_buffer_starts_at_a_multiple_of_sixteen() -> None:
    header = {"buffers": [1, 17, 0, 3]}
    body = bytearray(range(64))
    starts = [bytes(view[:1]) for view in split_body(header, body, LIMITS)]
    assert starts == [b"\x00", b"\x10", b"", b"\x30"]


def test_buffers_are_not_copied_into_a_frame() -> None:
    large = bytearray(1000)
    assert any(part is large for part in pack_frame({}, [large]))


@pytest.mark.parametrize(
    "data",
    [b"", b"GCW1", prefix(0, 0)[:-1], prefix(0, 0) + b"\0", prefix(0, 0, b"GCW2"), prefix(0, 0, b"\0\0\0\0")],
)
def test_what_is_no_prefix_is_refused(data: bytes) -> None:
    with pytest.raises(WireError):
        read_prefix(data, LIMITS)


@pytest.mark.parametrize("sizes", [(1001, 0), (0, 2001), (2**32 - 1, 0), (0, 2**64 - 1)])
def test_lengths_over_the_limits_are_refused_before_anything_is_read(sizes: tuple[int, int]) -> None:
    with pytest.raises(WireOverflowError):
        read_prefix(prefix(*sizes), LIMITS)


def test_lengths_at_the_limits_are_read() -> None:
    assert read_prefix(prefix(1000, 2000), LIMITS) == (1000, 2000)


@pytest.mark.parametrize(
    "text",
    [
        b"", b"{", b"null", b"[]", b"1", b'"text"', b"{} {}", b'{"a": 1,}', b"\xff{}", b'{"a": "\xc3"}',
        b"\xef\xbb\xbf{}",
        b'{"a": 1, "a": 1}', b'{"a": {"b": 1, "b": 2}}', b'{"a": NaN}', b'{"a": Infinity}',
        b'{"a": -Infinity}',
        b'{"a": 1e999}', b'{"a": -1e999}', b'{"a": 01}', b"{'a': 1}", b'{"a": 1}\0', b'{"a": "\n"}',
    ],
)  # fmt: skip
def test_what_is_no_header_is_refused(text: bytes) -> None:
    with pytest.raises(WireError):
        parse_header(text)


def test_nesting_that_would_exhaust_the_reader_is_an_overflow() -> None:
    for text in (b'{"a":' + b"[" * 500_000, b'{"a":' * 200_000):
        with pytest.raises(WireOverflowError):
            parse_header(text)


def test_an_integer_of_too_many_digits_is_never_converted() -> None:
    assert parse_header(b'{"a": %s}' % (b"9" * 400)) == {"a": 10**400 - 1}
    for digits in (b"9" * 401, b"-" + b"9" * 400, b"9" * 1_000_000):
        with pytest.raises(WireOverflowError):
            parse_header(b'{"a": %s}' % digits)


def test_a_header_costs_a_bounded_multiple_of_its_size() -> None:
    text = b'{"a":[' + b",".join([b"{}"] * 20_000) + b"]}"
    tracemalloc.start()
    try:
        parse_header(text)
        assert tracemalloc.get_traced_memory()[1] < 50 * len(text)
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("lengths", "body_bytes"),
    [
        (None, 0), ("3", 0), ({}, 0), ([1], 0), ([], 16), ([1], 15), ([1], 17), ([1], 32), ([16, 1], 16),
        ([-1], 0),
        ([-16, 16], 0), ([True], 16), ([1.0], 16), (["1"], 16), ([None], 16), ([2**64], 16), ([17], 16),
        ([[1]], 16),
        ([16, 16], 31),
    ],
)  # fmt: skip
def test_buffer_lengths_that_do_not_fill_the_body_are_refused(lengths: object, body_bytes: int) -> None:
    with pytest.raises(WireError):
        split_body({"buffers": lengths}, bytearray(body_bytes), LIMITS)


def test_a_header_without_buffer_lengths_is_refused() -> None:
    with pytest.raises(WireError):
        split_body({}, bytearray(), LIMITS)


def test_the_number_of_buffers_is_bounded() -> None:
    limits = FrameLimits(nodes=10)
    assert len(split_body({"buffers": [0] * 10}, bytearray(), limits)) == 10
    with pytest.raises(WireError):
        split_body({"buffers": [0] * 11}, bytearray(), limits)


def test_numbers_that_json_lacks_are_never_written() -> None:
    with pytest.raises(ValueError, match="JSON"):
        pack_frame({"a": float("nan")}, [])

"""Properties of the wire: everything encodable round-trips; no bytes do more than raise ``WireError``.

The default run tries about a hundred examples of each; ``HYPOTHESIS_PROFILE=long`` tries 20,000.
"""

from __future__ import annotations

import contextlib
import json
import struct
import tracemalloc
from typing import Any

import hypothesis.extra.numpy as arrays_of
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sandbox.wire import (
    Encoder,
    FrameLimits,
    HandleRef,
    Hello,
    Raised,
    Request,
    Returned,
    UnsupportedValueError,
    WireError,
    pack_message,
    read_prefix,
    unpack_message,
)
from sandbox.wire.frames import PREFIX_BYTES
from sandbox.wire.messages import Failure, Frame, Message, Operation

with contextlib.suppress(ImportError):
    import torch  # noqa: F401 - here, so that no example is the one that imports it

pytestmark = pytest.mark.timeout(1800)  # the long profile tries 20,000 examples

LIMITS = FrameLimits(header_bytes=2**16, body_bytes=2**16, nodes=2_000)
DTYPES = (
    "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
    "float16", "float32", "float64", "complex64", "complex128",
)  # fmt: skip

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
plain = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**1024) + 1, 2**1024 - 1),
    st.floats(),
    st.complex_numbers(),
    texts,
    st.binary(max_size=40),
)
arrays = st.sampled_from(DTYPES).flatmap(
    lambda dtype: arrays_of.arrays(
        dtype, arrays_of.array_shapes(min_dims=0, max_dims=5, min_side=0, max_side=4)
    ).flatmap(lambda array: st.permutations(range(array.ndim)).map(array.transpose))
)
scalars = st.sampled_from(DTYPES).flatmap(lambda dtype: arrays_of.from_dtype(np.dtype(dtype)))
small = st.none() | st.integers(-10, 10)
slices = st.builds(slice, small, small, small)
handles = st.builds(HandleRef, st.integers(0, 2**53 - 1), texts)
keys = plain | st.tuples(plain, plain)


def _contain(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(
        st.lists(inner, max_size=5),
        st.lists(inner, max_size=5).map(tuple),
        st.dictionaries(keys, inner, max_size=4),
    )


values = st.recursive(st.one_of(plain, arrays, scalars, slices, handles), _contain, max_leaves=12)
frames = st.builds(Frame, texts, st.integers(0, 2**40), texts, texts)
messages = st.one_of(
    st.builds(Returned, st.integers(0, 2**62), values, texts),
    st.builds(Hello, st.dictionaries(texts, texts, max_size=3)),
    st.builds(
        Raised,
        st.integers(0, 2**62),
        st.sampled_from(Failure),
        texts,
        texts,
        st.lists(frames, max_size=3).map(tuple),
        texts,
    ),
    st.builds(
        Request,
        st.integers(0, 2**62),
        st.sampled_from(Operation),
        st.lists(values, max_size=3).map(tuple),
        st.lists(st.integers(0, 2**53), max_size=3).map(tuple),
    ),
)


def read(data: bytes | bytearray, limits: FrameLimits = LIMITS) -> Message:
    """The message in exactly ``data``, read as a session reads it."""
    sizes = read_prefix(data[:PREFIX_BYTES], limits)
    middle = PREFIX_BYTES + sizes.header_bytes
    if len(data) != middle + sizes.body_bytes:
        raise WireError("the stream ends here")
    return unpack_message(data[PREFIX_BYTES:middle], bytearray(data[middle:]), limits, lambda handle: handle)


def written(message: Message) -> bytes:
    return b"".join(pack_message(message))


def identical(one: Any, other: Any) -> bool:
    """Same type and same bits, all the way down."""
    if type(one) is not type(other):
        return False
    if isinstance(one, float):
        return struct.pack("d", one) == struct.pack("d", other) or (one != one and other != other)
    if isinstance(one, complex):
        return identical(one.real, other.real) and identical(one.imag, other.imag)
    if isinstance(one, np.ndarray):
        same = (one.dtype, one.shape) == (other.dtype, other.shape)
        return same and one.tobytes() == other.tobytes()
    if isinstance(one, np.generic):
        return one.tobytes() == other.tobytes()
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(identical, one, other))
    if isinstance(one, dict):
        return identical(list(one.items()), list(other.items()))
    if isinstance(one, Returned | Request | Hello | Raised):
        names = type(one).__slots__
        return all(identical(getattr(one, name), getattr(other, name)) for name in names)
    return bool(one == other)


def reads_or_refuses(data: bytes) -> None:
    """Reading ``data`` ends in a message or a WireError, within a bounded amount of memory."""
    tracemalloc.start()
    try:
        message: Message | None = read(data)
    except WireError:
        message = None
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 200_000 + 60 * len(data)
    if isinstance(message, Returned):
        Encoder().encode(message.value)  # what was read is made of plain types


@given(messages)
def test_whatever_can_be_sent_comes_back_the_same(message: Message) -> None:
    assert identical(read(written(message), FrameLimits()), message)


@given(arrays)
def test_an_array_comes_back_the_same_whatever_its_layout(array: np.ndarray[Any, Any]) -> None:
    got = read(written(Returned(1, array)), FrameLimits())
    assert isinstance(got, Returned)
    assert identical(got.value, array)


odd_keys = st.text() | st.integers() | scalars | handles | st.tuples(st.text(), scalars)


@given(
    st.recursive(
        st.text() | st.integers() | st.complex_numbers(),
        lambda inner: _contain(inner) | st.dictionaries(odd_keys, inner, max_size=3),
        max_leaves=30,
    )
)
def test_the_encoder_refuses_in_words_or_the_reader_takes_it(value: object) -> None:
    """Also where texts hold half a character, and keys become equal on the way."""
    try:
        data = written(Returned(1, value))
    except UnsupportedValueError:
        return
    read(data, FrameLimits())


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    reads_or_refuses(data)


@given(st.binary(max_size=200), st.binary(max_size=100))
def test_any_header_and_body_behind_a_true_prefix_are_read_or_refused(header: bytes, body: bytes) -> None:
    reads_or_refuses(struct.pack(">4sIQ", b"GCW1", len(header), len(body)) + header + body)


@given(messages, st.data())
def test_a_frame_with_changed_bytes_is_read_or_refused(message: Message, data: st.DataObject) -> None:
    frame = bytearray(written(message))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(frame) - 1))
        frame[place] = data.draw(st.integers(0, 255))
    reads_or_refuses(bytes(frame))


@given(messages, st.data())
def test_a_frame_that_is_cut_or_continued_is_read_or_refused(message: Message, data: st.DataObject) -> None:
    frame = written(message)
    cut = frame[: data.draw(st.integers(0, len(frame)))]
    reads_or_refuses(cut + data.draw(st.binary(max_size=40)))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", "float64", "bool", "bfloat16", "nan", "raised", "call", "module", "\ud800"]),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.sampled_from([*"fctdlbasph", "kind", "x"]), inner, max_size=2),
    max_leaves=8,
)  # fmt: skip


FIELDS: dict[str, list[object]] = {
    "hello": [{"d": [["numpy", "2.4"]]}],
    "returned": [1, None, ""],
    "raised": [1, "raised", "E", "text", [{"t": ["a.py", 1, "f", "x"]}], ""],
    "request": [1, "call", {"t": []}, {"t": [1]}],
}
fields = st.one_of(
    st.integers(-1, 2**64),
    texts,
    st.sampled_from([*FIELDS["hello"], *FIELDS["raised"], *FIELDS["request"]]),
    json_values,
)


@given(st.sampled_from(sorted(FIELDS)), st.data())
def test_a_message_with_other_fields_is_read_or_refused(kind: str, data: st.DataObject) -> None:
    found = list(FIELDS[kind])
    for _ in range(data.draw(st.integers(1, 2))):
        found[data.draw(st.integers(0, len(found) - 1))] = data.draw(fields)
    text = json.dumps({"kind": kind, "fields": found, "buffers": []}).encode()
    reads_or_refuses(struct.pack(">4sIQ", b"GCW1", len(text), 0) + text)


def _places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every value in a JSON tree."""
    found = [path]
    if isinstance(node, dict):
        for key, item in node.items():
            found += _places(item, (*path, key))
    elif isinstance(node, list):
        for index, item in enumerate(node):
            found += _places(item, (*path, index))
    return found


def _replaced(node: Any, path: tuple[Any, ...], new: object) -> Any:
    if not path:
        return new
    copy = dict(node) if isinstance(node, dict) else list(node)
    copy[path[0]] = _replaced(node[path[0]], path[1:], new)
    return copy


@given(messages, st.data())
def test_a_frame_whose_header_lies_is_read_or_refused(message: Message, data: st.DataObject) -> None:
    """Well-formed JSON of the right shape, with some values exchanged for others."""
    frame = written(message)
    header_bytes = struct.unpack(">I", frame[4:8])[0]
    header = json.loads(frame[PREFIX_BYTES : PREFIX_BYTES + header_bytes])
    for _ in range(data.draw(st.integers(1, 3))):
        places = _places(header)
        target = data.draw(st.sampled_from(places))
        source = data.draw(st.sampled_from(places))
        other = header
        for step in source:
            other = other[step]
        header = _replaced(header, target, data.draw(json_values | st.just(other)))
    text = json.dumps(header).encode()
    assume(len(text) < 2**16)
    body = frame[PREFIX_BYTES + header_bytes :]
    reads_or_refuses(struct.pack(">4sIQ", b"GCW1", len(text), len(body)) + text + body)


@given(
    st.sampled_from([*DTYPES, "bfloat16"]),
    st.lists(st.integers(-1, 5) | st.sampled_from([2**31, 2**32, 2**39, 2**40, 2**63, 2**64]), max_size=5),
    st.lists(st.integers(-1, 5), max_size=5),
    st.integers(0, 64),
    st.sampled_from("asp"),
)
def test_a_shape_is_what_its_buffer_holds_or_refused(
    dtype: str, shape: list[int], order: list[int], size: int, tag: str
) -> None:
    content = [dtype, 0] if tag == "s" else [dtype, shape, 0, order]
    header = {"kind": "returned", "fields": [1, {tag: content}, ""], "buffers": [size]}
    text, body = json.dumps(header).encode(), bytes(size + -size % 16)
    reads_or_refuses(struct.pack(">4sIQ", b"GCW1", len(text), len(body)) + text + body)

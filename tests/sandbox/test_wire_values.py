"""Values on the wire: what crosses comes back the same; what lies about itself is refused."""

from __future__ import annotations

import collections
import json
import struct
import tracemalloc
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

from sandbox.wire import (
    Decoder,
    Encoder,
    FrameLimits,
    HandleRef,
    Returned,
    UnsupportedValueError,
    WireError,
    WireOverflowError,
    pack_message,
    read_prefix,
    unpack_message,
)
from sandbox.wire.frames import PREFIX_BYTES

NUMPY_DTYPES = (
    "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
    "float16", "float32", "float64", "complex64", "complex128",
)  # fmt: skip
SHAPES: list[tuple[int, ...]] = [(), (0,), (1,), (5,), (2, 0, 3), (2, 3, 4), (1,) * 16]


def crossed(value: object, handle: Callable[[object], HandleRef] | None = None) -> Any:
    """``value`` after the whole way: encoded, framed, read and decoded."""
    data = bytearray().join(pack_message(Returned(1, value), handle))
    sizes = read_prefix(data[:PREFIX_BYTES], FrameLimits())
    middle = PREFIX_BYTES + sizes.header_bytes
    message = unpack_message(data[PREFIX_BYTES:middle], data[middle:], handle=lambda reference: reference)
    assert isinstance(message, Returned)
    return message.value


def decoded(node: object, *buffers: bytes, limits: FrameLimits | None = None) -> Any:
    """What ``node`` stands for, read as a stranger's: every buffer must be used."""
    decoder = Decoder([memoryview(bytearray(buffer)) for buffer in buffers], limits)
    value = decoder.decode(json.loads(json.dumps(node)))
    decoder.finish()
    return value


# What crosses ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        None, True, False, 0, -1, 2**1023, -(2**1023), 0.1, 5e-324, float("inf"), float("-inf"), "",
        "é\n\x1b", "\U0001f600", b"", b"\0\xff", 1 + 2j, complex("inf"), [], (), {}, [1, (2, [3.0])],
        {"k": [1], 2: None}, {(1, ("a", None)): 1}, {b"k": 1, 1j: 2, None: 3, 2.5: 4}, slice(None),
        slice(1, None, -2),
    ],
    ids=repr,
)  # fmt: skip
def test_plain_values_come_back_equal_and_of_the_same_type(value: object) -> None:
    got = crossed(value)
    assert got == value
    assert type(got) is type(value)


def test_a_float_keeps_every_bit() -> None:
    for number in (-0.0, 0.1 + 0.2, 1.7976931348623157e308, 2.2250738585072014e-308):
        assert struct.pack("d", crossed(number)) == struct.pack("d", number)
    assert np.isnan(crossed(float("nan")))
    assert repr(crossed(complex(-0.0, float("nan")))) == "(-0+nanj)"


def test_bool_is_not_int_and_tuple_is_not_list() -> None:
    assert crossed([True, 1, (1,), [1]]) == [True, 1, (1,), [1]]
    assert [type(item) for item in crossed([True, 1, (1,), [1]])] == [bool, int, tuple, list]


def test_a_dict_keeps_its_order() -> None:
    assert list(crossed({"b": 1, "a": 2})) == ["b", "a"]


@pytest.mark.parametrize("dtype", NUMPY_DTYPES)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_an_array_keeps_dtype_shape_and_every_bit(dtype: str, shape: tuple[int, ...]) -> None:
    raw = np.random.default_rng(1).bytes(int(np.prod(shape)) * np.dtype(dtype).itemsize)
    sent = np.frombuffer(raw, dtype if dtype != "bool" else "uint8").reshape(shape)
    sent = np.asarray(sent % 2 == 0) if dtype == "bool" else sent
    got = crossed(sent)
    assert type(got) is np.ndarray
    assert (got.dtype, got.shape) == (sent.dtype, sent.shape)
    assert got.tobytes() == sent.tobytes()
    assert got.flags.writeable


@pytest.mark.parametrize("dtype", NUMPY_DTYPES)
def test_a_numpy_scalar_keeps_its_type(dtype: str) -> None:
    sent = np.dtype(dtype).type(1)
    got = crossed(sent)
    assert type(got) is type(sent)
    assert got == sent


def test_memory_layout_crosses_with_an_array() -> None:
    base = np.arange(24.0).reshape(2, 3, 4)
    for sent in (base.T, base.transpose(1, 2, 0), np.asfortranarray(base)):
        got = crossed(sent)
        assert got.strides == sent.strides
        assert np.array_equal(got, sent)


def test_views_cross_by_value_whatever_their_strides() -> None:
    base = np.arange(12.0).reshape(3, 4)
    for sent in (base[::-1, ::2], np.broadcast_to(base[0], (5, 4)), base[1:2], base.astype(">f8")):
        assert np.array_equal(crossed(sent), sent)


def test_arrays_that_were_read_do_not_share_memory_with_those_sent() -> None:
    sent = np.zeros(4)
    crossed(sent)[0] = 1.0
    assert sent[0] == 0.0


def test_tensors_keep_dtype_values_and_layout() -> None:
    torch = pytest.importorskip("torch")
    names = [*NUMPY_DTYPES, "bfloat16"]
    for name in names:
        sent = torch.arange(6).reshape(2, 3).to(getattr(torch, name))
        for tensor in (sent, sent.T, sent[:0], sent[0, 0]):
            got = crossed(tensor)
            assert type(got) is torch.Tensor
            assert (got.dtype, got.shape, got.stride()) == (tensor.dtype, tensor.shape, tensor.stride())
            assert torch.equal(got, tensor)
    nan_bits = torch.tensor([0x7FC1, -1], dtype=torch.int16).view(torch.bfloat16)
    assert torch.equal(crossed(nan_bits).view(torch.int16), nan_bits.view(torch.int16))


def test_a_tensor_crosses_without_its_history() -> None:
    torch = pytest.importorskip("torch")
    parameter = torch.nn.Parameter(torch.ones(2, 3))
    for sent in (parameter, parameter * 2, (parameter + 0j).conj(), parameter.T):
        got = crossed(sent)
        assert type(got) is torch.Tensor
        assert not got.requires_grad
        assert torch.equal(got, sent.detach())


@pytest.mark.parametrize("make", ["sparse", "meta", "float8"])
def test_tensors_without_plain_values_are_refused_in_words(make: str) -> None:
    torch = pytest.importorskip("torch")
    made = {
        "sparse": lambda: torch.eye(2).to_sparse(),
        "meta": lambda: torch.empty(2, device="meta"),
        "float8": lambda: torch.empty(2, dtype=torch.float8_e4m3fn),
    }[make]()
    with pytest.raises(UnsupportedValueError, match="tensor"):
        crossed(made)


class _Point(NamedTuple):
    x: int
    y: int


def test_named_tuples_cross_as_tuples() -> None:
    torch = pytest.importorskip("torch")
    pair = collections.namedtuple("pair", "a b")
    for sent in (_Point(1, 2), pair(1, 2)):
        assert crossed(sent) == (1, 2)
        assert type(crossed(sent)) is tuple
    values, indices = crossed(torch.tensor([[3.0, 9.0]]).max(dim=1))
    assert (values.item(), indices.item()) == (9.0, 1)


def test_half_a_character_becomes_a_question_mark() -> None:
    assert crossed("a\ud800b") == "a?b"


# What gets a handle ------------------------------------------------------------------------------


class _Zero(float):
    def __sub__(self, other: float) -> float:
        return 0.0


class _Liar(np.ndarray):
    def __eq__(self, other: object) -> bool:  # type: ignore[override]
        return True

    __hash__ = None  # type: ignore[assignment]


class _Chameleon:
    __class__ = np.ndarray  # type: ignore[assignment]


class _Silent(list[int]):
    def __iter__(self) -> Any:
        raise AssertionError


@pytest.mark.parametrize(
    "value",
    [_Zero(1), type("Word", (str,), {})("a"), type("Table", (dict,), {})(), _Silent([1]),
     np.zeros(2).view(_Liar), _Chameleon(), type("Whole", (int,), {})(3),
     frozenset(), object(), len, range(3), Exception()],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_only_exact_types_cross_by_value(value: object) -> None:
    seen: list[object] = []

    def handle(item: object) -> HandleRef:
        seen.append(item)
        return HandleRef(7, type(item).__name__)

    assert crossed([value], handle) == [HandleRef(7, type(value).__name__)]
    assert seen[0] is value
    with pytest.raises(UnsupportedValueError, match="cannot be sent"):
        crossed([value])


def test_a_class_name_is_cut_before_it_is_sent_and_after_it_was_read() -> None:
    assert len(crossed(object(), lambda _: HandleRef(1, "x" * 10_000)).class_name) == 200
    decoder = Decoder([], handle=lambda reference: reference)
    assert len(decoder.decode({"h": [1, "x" * 10_000]}).class_name) == 200  # type: ignore[attr-defined]


# What cannot be sent -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        1 << 1024, np.array([object()]), np.array(["text"]), np.zeros(2, dtype="longdouble"),
        np.array(["2020-01-01"], dtype="datetime64[D]"), np.zeros(2, dtype=[("a", "f8")]), np.str_("a"),
        np.zeros((1,) * 17), {object(): 1}, {np.int64(1): 1}, {frozenset(): 1}, {(1, np.float64(2)): 1},
        {"\ud800": 1},
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_what_the_reader_would_not_take_is_refused_before_it_is_sent(value: object) -> None:
    with pytest.raises(UnsupportedValueError):
        crossed(value)


def test_endless_and_enormous_structures_are_refused_by_the_encoder() -> None:
    cycle: list[object] = []
    cycle.append(cycle)
    deep: object = 0
    for _ in range(33):
        deep = [deep]
    for value in (cycle, deep):
        with pytest.raises(UnsupportedValueError, match="levels deep"):
            Encoder().encode(value)
    with pytest.raises(UnsupportedValueError, match="parts"):
        Encoder().encode([0] * 200_001)


def test_whatever_the_encoder_lets_through_is_within_the_readers_bounds() -> None:
    limits = FrameLimits(nodes=20, depth=3)
    for value in (
        [1j] * 6,
        [1j] * 7,
        [[[0]]],
        [[[1j]]],
        [[[[0]]]],
        {1: {2: {3: 4}}},
        [slice(0, 1)] * 5,
        [0] * 19,
    ):
        encoder = Encoder(limits=limits)
        try:
            node = encoder.encode(value)
        except UnsupportedValueError:
            continue
        assert Decoder([], limits).decode(node) == value


# What is refused ---------------------------------------------------------------------------------

EIGHT = bytes(8)


@pytest.mark.parametrize(
    ("node", "buffers"),
    [
        pytest.param({}, [], id="no tag"),
        pytest.param({"t": [], "d": []}, [], id="two tags"),
        pytest.param({"z": 1}, [], id="an unknown tag"),
        pytest.param("\ud800", [], id="half a character"),
        pytest.param({"f": "1.0"}, [], id="a float that JSON has"),
        pytest.param({"f": 1}, [], id="a float that is no name"),
        pytest.param({"f": ["nan"]}, [], id="a float in a list"),
        pytest.param({"c": [1.0]}, [], id="half a complex number"),
        pytest.param({"c": [1.0, 2]}, [], id="a complex number with an int"),
        pytest.param({"c": {"t": []}}, [], id="a complex number of no list"),
        pytest.param({"t": 1}, [], id="a tuple of no list"),
        pytest.param({"d": {"a": 1}}, [], id="a dict of no list"),
        pytest.param({"d": [[1]]}, [], id="a key without a value"),
        pytest.param({"d": [1]}, [], id="a pair that is no list"),
        pytest.param({"d": [[1, 1], [1, 2]]}, [], id="a key twice"),
        pytest.param({"d": [[1, 1], [True, 2]]}, [], id="an equal key of another type"),
        pytest.param({"d": [[[1], 1]]}, [], id="a list as key"),
        pytest.param({"d": [[{"t": [[1]]}, 1]]}, [], id="a tuple with a list as key"),
        pytest.param({"d": [[{"s": ["int64", 0]}, 1]]}, [EIGHT], id="a numpy scalar as key"),
        pytest.param({"l": [1, 2]}, [], id="a slice of two"),
        pytest.param({"l": [1, 2, "3"]}, [], id="a slice with a text"),
        pytest.param({"l": [True, None, None]}, [], id="a slice with a bool"),
        pytest.param({"b": 0}, [], id="bytes without a buffer"),
        pytest.param({"b": -1}, [b"x"], id="a buffer from behind"),
        pytest.param({"b": True}, [b"x", b"y"], id="a bool as buffer"),
        pytest.param({"b": 0.0}, [b"x"], id="a float as buffer"),
        pytest.param({"b": "0"}, [b"x"], id="a text as buffer"),
        pytest.param({"t": [{"b": 0}, {"b": 0}]}, [b"x"], id="a buffer twice"),
        pytest.param(1, [b"x"], id="a buffer for nothing"),
        pytest.param({"a": ["float64", [1], 0]}, [EIGHT], id="an array of three parts"),
        pytest.param({"a": {"t": []}}, [], id="an array of no list"),
        pytest.param({"a": ["object", [1], 0, [0]]}, [EIGHT], id="an array of objects"),
        pytest.param({"a": ["bfloat16", [4], 0, [0]]}, [EIGHT], id="an array of bfloat16"),
        pytest.param({"a": [["float64"], [1], 0, [0]]}, [EIGHT], id="a dtype in a list"),
        pytest.param({"a": ["<f8", [1], 0, [0]]}, [EIGHT], id="a dtype of another spelling"),
        pytest.param({"a": ["float64", 1, 0, [0]]}, [EIGHT], id="a shape of no list"),
        pytest.param({"a": ["float64", [-1], 0, [0]]}, [EIGHT], id="a negative size"),
        pytest.param({"a": ["float64", [-1, -1], 0, [0, 1]]}, [EIGHT], id="two negative sizes"),
        pytest.param({"a": ["float64", [1.0], 0, [0]]}, [EIGHT], id="a float as size"),
        pytest.param({"a": ["float64", [True], 0, [0]]}, [EIGHT], id="a bool as size"),
        pytest.param({"a": ["float64", [2**40], 0, [0]]}, [EIGHT], id="a huge size"),
        pytest.param({"a": ["float64", [2**39] * 2, 0, [0, 1]]}, [EIGHT], id="sizes that overflow"),
        pytest.param({"a": ["int8", [2**32, 2**32], 0, [0, 1]]}, [b""], id="sizes that wrap to zero"),
        pytest.param({"a": ["float64", [2**39, 0], 0, [0, 1]]}, [b""], id="an empty array of terabytes"),
        pytest.param({"a": ["float64", [2], 0, [0]]}, [EIGHT], id="a shape over its buffer"),
        pytest.param({"a": ["float64", [0], 0, [0]]}, [EIGHT], id="a shape under its buffer"),
        pytest.param({"a": ["float64", [1], 0, [0]]}, [EIGHT[:7]], id="a buffer of seven bytes"),
        pytest.param({"a": ["float64", [1] * 17, 0, list(range(17))]}, [EIGHT], id="too many dimensions"),
        pytest.param({"a": ["float64", [1, 1], 0, [0, 0]]}, [EIGHT], id="an axis twice"),
        pytest.param({"a": ["float64", [1, 1], 0, [0]]}, [EIGHT], id="an axis missing"),
        pytest.param({"a": ["float64", [1, 1], 0, [1, 2]]}, [EIGHT], id="an axis too far"),
        pytest.param({"a": ["float64", [1, 1], 0, [-1, 0]]}, [EIGHT], id="a negative axis"),
        pytest.param({"a": ["float64", [1, 1], 0, [False, True]]}, [EIGHT], id="bools as axes"),
        pytest.param({"a": ["float64", [1, 1], 0, [0, "1"]]}, [EIGHT], id="a text as axis"),
        pytest.param({"a": ["float64", [1], 0, None]}, [EIGHT], id="no axes"),
        pytest.param({"a": ["bool", [2], 0, [0]]}, [b"\1\2"], id="a boolean of two"),
        pytest.param({"p": ["bool", [1], 0, [0]]}, [b"\xff"], id="a boolean tensor of 255"),
        pytest.param({"s": ["bool", 0]}, [b"\2"], id="a boolean scalar of two"),
        pytest.param({"s": ["float64", 0]}, [EIGHT * 2], id="a scalar of two numbers"),
        pytest.param({"s": ["float64", [0]]}, [EIGHT], id="a scalar's buffer in a list"),
        pytest.param({"s": ["float64"]}, [EIGHT], id="a scalar of one part"),
        pytest.param({"s": ["bfloat16", 0]}, [b"\0\0"], id="a scalar of bfloat16"),
        pytest.param({"p": ["complex32", [2], 0, [0]]}, [EIGHT], id="a tensor of an unknown dtype"),
        pytest.param({"h": [1, "Thing"]}, [], id="a handle where none is accepted"),
    ],
)
def test_a_malformed_node_is_refused(node: object, buffers: list[bytes]) -> None:
    with pytest.raises(WireError):
        decoded(node, *buffers)


@pytest.mark.parametrize(
    "content",
    [None, [1], [1, "a", 2], ["1", "a"], [True, "a"], [-1, "a"], [2**53, "a"],
     [1.0, "a"], [1, None], [1, "\ud800"]],
)  # fmt: skip
def test_a_malformed_handle_is_refused(content: object) -> None:
    with pytest.raises(WireError):
        Decoder([], handle=lambda reference: reference).decode({"h": content})


def test_depth_and_number_of_parts_are_bounded() -> None:
    deep: object = 0
    for _ in range(33):
        deep = [deep]
    wide = [0] * 20
    for node, limits in (
        (deep, FrameLimits()),
        (wide, FrameLimits(nodes=20)),
        ({"t": wide}, FrameLimits(nodes=20)),
    ):
        with pytest.raises(WireOverflowError):
            decoded(node, limits=limits)
    assert decoded(wide, limits=FrameLimits(nodes=21)) == wide


@pytest.mark.parametrize(
    "node",
    [
        {"a": ["float64", [2**28], 0, [0]]},
        {"a": ["float64", [2**14, 2**14], 0, [1, 0]]},
        {"p": ["float64", [2**28], 0, [0]]},
        {"a": ["bool", [2**31], 0, [0]]},
    ],
    ids=str,
)
def test_nothing_large_is_allocated_for_a_shape_that_lies(node: object) -> None:
    decoder = Decoder([memoryview(bytearray(64))])
    tracemalloc.start()
    try:
        with pytest.raises(WireError):
            decoder.decode(node)
        assert tracemalloc.get_traced_memory()[1] < 100_000
    finally:
        tracemalloc.stop()


def test_an_array_is_read_where_it_lies_without_a_copy() -> None:
    body = bytearray(np.arange(1000.0).tobytes())
    array = Decoder([memoryview(body)]).decode({"a": ["float64", [1000], 0, [0]]})
    assert isinstance(array, np.ndarray)
    body[:8] = struct.pack("<d", 42.0)
    assert array[0] == 42.0

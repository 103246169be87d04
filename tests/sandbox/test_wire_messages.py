"""Messages: each comes back as it was sent; anything else is a WireError and nothing but that."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from sandbox.wire import (
    FrameLimits,
    HandleRef,
    Hello,
    Raised,
    Request,
    Returned,
    UnsupportedValueError,
    WireError,
    WireOverflowError,
    pack_message,
    read_prefix,
    unpack_message,
)
from sandbox.wire.frames import PREFIX_BYTES
from sandbox.wire.messages import MAX_FRAMES, MAX_TEXT, Failure, Frame, Message, Operation

FRAME = ["a.py", 3, "f", "x = 1"]


def crossed(message: Message, limits: FrameLimits | None = None) -> Message:
    data = bytearray().join(pack_message(message))
    sizes = read_prefix(data[:PREFIX_BYTES], limits or FrameLimits())
    middle = PREFIX_BYTES + sizes.header_bytes
    return unpack_message(data[PREFIX_BYTES:middle], data[middle:], limits, lambda reference: reference)


def read(kind: object, *fields: object, **more: object) -> Message:
    header = {"kind": kind, "fields": list(fields), "buffers": [], **more}
    return unpack_message(json.dumps(header).encode(), bytearray())


@pytest.mark.parametrize(
    "message",
    [
        Hello({}),
        Hello({"python": "3.11.7", "numpy": "2.4"}),
        Request(0, Operation.LOAD, ({"a.py": "x = 1"}, "a.py", 5)),
        Request(2**62, Operation.CALL, (HandleRef(1, "module"), "f", (1, [2]), {"k": 3.0}, True), (4, 5)),
        Returned(7, {"a": (1, None)}, "printed\n"),
        Returned(7, HandleRef(3, "Linear")),
        Raised(8, Failure.RAISED, "ValueError", "no", (Frame("a.py", 3, "f", "x = 1"),), "said"),
        Raised(8, Failure.OUTPUT_LIMIT, "", ""),
    ],
    ids=repr,
)
def test_a_message_comes_back_as_it_was_sent(message: Message) -> None:
    assert crossed(message) == message


@pytest.mark.parametrize("operation", Operation)
def test_every_operation_crosses(operation: Operation) -> None:
    assert crossed(Request(1, operation, ())) == Request(1, operation, ())


@pytest.mark.parametrize("failure", Failure)
def test_every_failure_crosses(failure: Failure) -> None:
    assert crossed(Raised(1, failure, "E", "")) == Raised(1, failure, "E", "")


def test_arrays_of_several_fields_share_one_body() -> None:
    sent = Request(1, Operation.CALL, (np.arange(3), [np.eye(2), np.float32(2)], {"k": np.zeros(0)}))
    got: Any = crossed(sent)
    assert np.array_equal(got.operands[0], np.arange(3))
    assert np.array_equal(got.operands[1][0], np.eye(2))
    assert got.operands[1][1] == np.float32(2)
    assert got.operands[2]["k"].shape == (0,)


def test_an_exceptions_text_is_cut_at_its_bound() -> None:
    got = crossed(Raised(1, Failure.RAISED, "E", "x" * (MAX_TEXT + 1)))
    assert isinstance(got, Raised)
    assert got.text == "x" * MAX_TEXT


def test_a_value_that_cannot_cross_makes_no_message() -> None:
    with pytest.raises(UnsupportedValueError):
        pack_message(Returned(1, object()))


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        pytest.param("shout", [1], id="an unknown kind"),
        pytest.param("Returned", [1, 2, ""], id="a kind in capitals"),
        pytest.param(["hello"], [], id="a kind in a list"),
        pytest.param(None, [], id="no kind"),
        pytest.param("hello", [], id="a hello of nothing"),
        pytest.param("hello", [{"d": []}, 1], id="a hello of two"),
        pytest.param("hello", [[]], id="versions in a list"),
        pytest.param("hello", [{"d": [["a", 1]]}], id="a version that is no text"),
        pytest.param("hello", [{"d": [[1, "a"]]}], id="a library that is no text"),
        pytest.param("hello", [{"d": [["a", "x" * (MAX_TEXT + 1)]]}], id="an endless version"),
        pytest.param("hello", [{"d": [[str(i), ""] for i in range(21)]}], id="too many versions"),
        pytest.param("returned", [1, 2], id="an answer without prints"),
        pytest.param("returned", [1, 2, "", 4], id="an answer of four"),
        pytest.param("returned", ["1", 2, ""], id="a number that is a text"),
        pytest.param("returned", [True, 2, ""], id="a number that is a bool"),
        pytest.param("returned", [1.0, 2, ""], id="a number that is a float"),
        pytest.param("returned", [-1, 2, ""], id="a number below zero"),
        pytest.param("returned", [2**63, 2, ""], id="a number of 64 bits"),
        pytest.param("returned", [1, 2, None], id="prints that are no text"),
        pytest.param("returned", [1, 2, ["a"]], id="prints in a list"),
        pytest.param("returned", [1, {"h": [1, "a"]}, ""], id="a handle where none is accepted"),
        pytest.param("raised", [1, "raised", "E", "", []], id="a failure without prints"),
        pytest.param("raised", [1, "bored", "E", "", [], ""], id="an unknown reason"),
        pytest.param("raised", [1, None, "E", "", [], ""], id="no reason"),
        pytest.param("raised", [1, ["raised"], "E", "", [], ""], id="a reason in a list"),
        pytest.param("raised", [1, "raised", 5, "", [], ""], id="a class that is no text"),
        pytest.param("raised", [1, "raised", "x" * (MAX_TEXT + 1), "", [], ""], id="an endless class"),
        pytest.param("raised", [1, "raised", "E", 5, [], ""], id="a message that is no text"),
        pytest.param("raised", [1, "raised", "E", "", {"t": []}, ""], id="frames in a tuple"),
        pytest.param("raised", [1, "raised", "E", "", [1], ""], id="a frame that is no tuple"),
        pytest.param("raised", [1, "raised", "E", "", [FRAME], ""], id="a frame that is a list"),
        pytest.param("raised", [1, "raised", "E", "", [{"t": FRAME[:3]}], ""], id="a frame of three"),
        pytest.param("raised", [1, "raised", "E", "", [{"t": ["a", -1, "", ""]}], ""], id="a negative line"),
        pytest.param("raised", [1, "raised", "E", "", [{"t": ["a", "1", "", ""]}], ""], id="a line in words"),
        pytest.param(
            "raised", [1, "raised", "E", "", [{"t": FRAME}] * (MAX_FRAMES + 1), ""], id="too many frames"
        ),
        pytest.param("request", [1, "call", {"t": []}], id="a request of three"),
        pytest.param("request", [1, "destroy", {"t": []}, {"t": []}], id="an unknown operation"),
        pytest.param("request", [1, ["call"], {"t": []}, {"t": []}], id="an operation in a list"),
        pytest.param("request", [1, 5, {"t": []}, {"t": []}], id="an operation that is a number"),
        pytest.param("request", [1, "call", [], {"t": []}], id="operands in a list"),
        pytest.param("request", [1, "call", {"t": []}, []], id="releases in a list"),
        pytest.param("request", [1, "call", {"t": []}, {"t": ["1"]}], id="a release that is a text"),
    ],
)
def test_a_malformed_message_is_refused(kind: object, fields: list[object]) -> None:
    with pytest.raises(WireError):
        read(kind, *fields)


@pytest.mark.parametrize(
    "header",
    [
        {}, {"kind": "hello", "fields": []}, {"kind": "hello", "buffers": []}, {"fields": [], "buffers": []},
        {"kind": "returned", "fields": [1, 2, ""], "buffers": [], "more": 1},
        {"kind": "returned", "fields": {"a": 1}, "buffers": []}, {"kind": "returned", "fields": None,
        "buffers": []},
    ],
    ids=str,
)  # fmt: skip
def test_a_header_without_exactly_a_messages_parts_is_refused(header: dict[str, object]) -> None:
    with pytest.raises(WireError):
        unpack_message(json.dumps(header).encode(), bytearray())


def test_a_buffer_that_belongs_to_no_value_is_refused() -> None:
    header = b'{"kind":"returned","fields":[1,2,""],"buffers":[3]}'
    with pytest.raises(WireError):
        unpack_message(header, bytearray(16))


def test_the_bound_on_parts_is_for_the_whole_message() -> None:
    limits = FrameLimits(nodes=10)
    assert isinstance(crossed(Returned(1, [0] * 7), limits), Returned)
    with pytest.raises(WireOverflowError):
        crossed(Returned(1, [0] * 8), limits)


def test_more_fields_than_parts_are_refused() -> None:
    with pytest.raises(WireOverflowError):
        unpack_message(
            json.dumps({"kind": "returned", "fields": [0] * 50, "buffers": []}).encode(),
            bytearray(),
            FrameLimits(nodes=40),
        )

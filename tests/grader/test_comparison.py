"""Comparing answers: kind, then shape, dtype, finiteness, values; and what a sentence may tell."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from grader.authoring.comparison import Difference, as_array, compare, kind_of
from sandbox import InProcessSession, load

LOOSE = {"rtol": 1e-6, "atol": 1e-6}


def difference(
    got: Any, want: Any, *, rtol: float = 1e-9, atol: float = 1e-11, dtype: bool = True
) -> Difference | None:
    return compare(got, want, "it", rtol, atol, dtype=dtype)


def sentence(got: Any, want: Any, **more: Any) -> str:
    found = difference(got, want, **more)
    return "" if found is None else found.sentence


# What is the same --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("got", "want"),
    [
        (1, 1), (1, 1.0), (1.0, 1), (np.float32(2), 2.0), (np.array(2.0), 2.0), (True, True), (np.True_,
        True),
        (None, None), ("a", "a"), (b"a", b"a"), ([1, 2], [1, 2]), ((1, 2), [1, 2]), ([1, 2], (1, 2)), ([],
        []),
        ({"a": 1, "b": [2]}, {"b": [2], "a": 1}), (1 + 2j, 1 + 2j), (2**70, 2**70), (2**1000, 2**1000),
        (np.zeros(0), np.zeros(0)), (np.zeros((2, 0)), np.zeros((2, 0))), (np.arange(3), np.arange(3)),
        (np.zeros(2, "complex64"), np.zeros(2, "complex64")), (np.array([True]), np.array([True])),
        (float("nan"), float("nan")), (np.array([np.nan, 1.0]), np.array([np.nan, 1.0])),
        (float("inf"), float("inf")), (np.array([-np.inf, 1.0]), np.array([-np.inf, 1.0])),
        (np.array([complex("nan")]), np.array([complex("nan")])), (np.uint64(2**64 - 1), 2**64 - 1),
    ],
    ids=lambda value: repr(value)[:40],
)  # fmt: skip
def test_equal_answers_are_right(got: Any, want: Any) -> None:
    assert difference(got, want, rtol=0.0, atol=0.0) is None


def test_answers_within_the_tolerance_are_right_and_beyond_it_wrong() -> None:
    want = np.array([1.0, 100.0, 0.0])
    assert difference(want + np.array([0.9e-3, 0.099, 0.9e-3]), want, rtol=1e-3, atol=1e-3) is None
    for place, error in ((0, 2.1e-3), (1, 0.102), (2, 1.1e-3)):
        got = want.copy()
        got[place] += error
        assert sentence(got, want, rtol=1e-3, atol=1e-3) == "it has wrong values."
    assert difference(np.array([1j]), np.array([1j + 1e-7]), **LOOSE) is None


# Kinds -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("got", "want", "words"),
    [
        (np.zeros(1), 0.0, "it should be a number."), (0.0, np.zeros(1), "it should be a NumPy array."),
        (0.0, np.array(0.0), "it should be a NumPy array."), ([0.0], np.zeros(1),
        "it should be a NumPy array."),
        (None, np.zeros(1), "it should be a NumPy array."), ("0", 0.0, "it should be a number."),
        (None, 0.0, "it should be a number."), ([1], 1, "it should be a number."),
        (3, [1], "it should be a list."), (np.zeros(2), (1, 2), "it should be a tuple."),
        ("ab", ["a", "b"], "it should be a list."), ({}, [], "it should be a list."),
        ([], {}, "it should be a dict."), (None, {}, "it should be a dict."),
        ([1], [1, 2], "it has the wrong number of parts."), ((1, 2, 3), (1, 2),
        "it has the wrong number of parts."),
        ({"a": 1}, {"b": 1}, "it has the wrong keys."), ({"a": 1, "b": 2}, {"a": 1},
        "it has the wrong keys."),
        (1, True, "it is wrong."), (True, False, "it is wrong."), (np.False_, True, "it is wrong."),
        (0, None, "it is wrong."), ("b", "a", "it is wrong."), (b"a", "a", "it is wrong."), (0, False,
        "it is wrong."),
        ([1, [2, 4]], [1, [2, 3]], "it[1][1] has wrong values."), ({"a": 2}, {"a": 1},
        "an entry of it has wrong values."),
    ],
    ids=lambda value: repr(value)[:30],
)  # fmt: skip
def test_another_kind_is_told_as_what_it_should_be(got: Any, want: Any, words: str) -> None:
    assert sentence(got, want) == words


def test_tensors_are_not_arrays_and_zero_dimensions_count_as_a_number() -> None:
    torch = pytest.importorskip("torch")
    assert sentence(np.zeros(2), torch.zeros(2)) == "it should be a torch tensor."
    assert sentence(torch.zeros(2), np.zeros(2)) == "it should be a NumPy array."
    assert sentence(1.0, torch.tensor(1.0)) == "it should be a torch tensor."
    assert difference(torch.tensor(1.5), 1.5) is None
    assert sentence(torch.ones(1), 1.0) == "it should be a number."
    assert difference(torch.ones(2, requires_grad=True) * 2, torch.full((2,), 2.0)) is None


@pytest.mark.parametrize("name", ["bfloat16", "float16", "float32", "int64", "bool", "complex64"])
def test_tensors_of_every_dtype_are_compared(name: str) -> None:
    torch = pytest.importorskip("torch")
    want = torch.tensor([1, 0, 1]).to(getattr(torch, name))
    other = torch.tensor([1, 0, 0]).to(getattr(torch, name))
    assert difference(want.clone(), want) is None
    assert sentence(other, want) == "it has wrong values."
    wider = want.to(torch.complex128)
    assert sentence(wider, want) == f"it has the wrong dtype: {name} is expected."


def test_bfloat16_is_compared_by_its_exact_values() -> None:
    torch = pytest.importorskip("torch")
    one = torch.tensor([1.0], dtype=torch.bfloat16)
    next_one = torch.tensor([1.0078125], dtype=torch.bfloat16)
    assert as_array(next_one).tolist() == [1.0078125]
    assert sentence(next_one, one, rtol=1e-3, atol=0.0) == "it has wrong values."
    assert difference(next_one, one, rtol=1e-2, atol=0.0) is None


def test_an_object_that_stays_in_the_sandbox_is_never_right() -> None:
    source = "class Liar:\n    def __eq__(self, other): return True\n    def __float__(self): return 1.0"
    with InProcessSession() as session:
        module = load(session, {"a.py": source}, "a.py")
        liar = module.Liar()
        for want in (1.0, np.ones(1), [1], {"a": 1}, None, True, "a"):
            assert difference(liar, want) is not None
        assert difference([liar], [1.0]) is not None
        assert difference(module.Liar(), liar) is not None
        assert kind_of(liar) == "an object"


# Shapes, dtypes, finiteness ----------------------------------------------------------------------


def test_shape_is_told_before_dtype_and_dtype_before_values() -> None:
    want = np.zeros((2, 3))
    assert difference(np.ones(2, "float32"), want) == Difference(
        "it has the wrong shape.", "expected (2, 3), got (2,)"
    )
    assert difference(np.ones((2, 3), "float32"), want) == Difference(
        "it has the wrong dtype: float64 is expected.", "got float32"
    )
    assert sentence(np.ones((2, 3)), want) == "it has wrong values."
    assert difference(np.zeros((2, 3), "float32"), want, dtype=False) is None


def test_shapes_that_would_broadcast_are_wrong() -> None:
    for got, want in (
        (np.zeros((1, 3)), np.zeros(3)),
        (np.zeros(1), np.zeros(0)),
        (np.zeros((3, 1)), np.zeros((3, 3))),
    ):
        assert sentence(got, want) == "it has the wrong shape."


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, complex(0, np.nan)])
def test_a_number_that_is_not_finite_is_told_where_it_should_be(bad: complex) -> None:
    got = np.array([1.0, bad])
    want = np.array([1.0, 2.0], dtype=got.dtype)
    assert difference(got, want) == Difference("it contains NaN or infinity.", "1 of 2 values are not finite")
    assert sentence(bad, 1.0) == "it contains NaN or infinity."


@pytest.mark.parametrize(
    ("got", "want"),
    [(np.inf, -np.inf), (np.nan, np.inf), (np.inf, np.nan), (1.0, np.inf), (1.0, np.nan), (1.7e308, np.inf)],
)
def test_what_is_not_finite_is_only_equal_to_itself(got: float, want: float) -> None:
    for rtol in (0.0, 1e-3, 1e9):
        assert sentence(np.array([got]), np.array([want]), rtol=rtol) == "it has wrong values."


def test_huge_finite_numbers_do_not_overflow_into_agreement() -> None:
    assert sentence(np.array([1.7e308]), np.array([-1.7e308])) == "it has wrong values."
    assert sentence(np.array([6e4], "float16"), np.array([-6e4], "float16")) == "it has wrong values."


# Integers ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("base", [2**53, -(2**53), 2**62, 2**70, -(2**70)])
def test_integers_that_a_float_cannot_tell_apart_are_told_apart(base: int) -> None:
    assert sentence(base + 1, base, rtol=0.0, atol=0.0) == "it has wrong values."
    assert sentence(base + 1, base, rtol=0.0, atol=0.5) == "it has wrong values."
    assert difference(base + 1, base, rtol=0.0, atol=1.0) is None


def test_large_integers_in_arrays_are_told_apart_too() -> None:
    for dtype in ("int64", "uint64"):
        want = np.array([5, 2**60], dtype)
        got = np.array([5, 2**60 + 1], dtype)
        found = difference(got, want, rtol=0.0, atol=0.0)
        assert found is not None
        assert f"at [1]: expected {2**60}, got {2**60 + 1}" in found.detail
        assert difference(got, want, rtol=1e-9, atol=0.0) is None


def test_unsigned_integers_do_not_wrap_around() -> None:
    assert sentence(np.array([0], "uint8"), np.array([255], "uint8"), atol=2.0) == "it has wrong values."
    assert (
        sentence(np.array([0], "uint64"), np.array([2**64 - 1], "uint64"), atol=2.0) == "it has wrong values."
    )
    assert sentence(np.int8(-128), np.int8(127), atol=2.0) == "it has wrong values."


def test_a_huge_integer_beside_a_float_or_a_small_one_is_wrong() -> None:
    for got, want in (
        (2**1024 - 1, 1.0),
        (2**1000, 1.0),
        (2**1000, 5),
        (5, 2**1000),
        (2**70, -(2**70)),
        (2**70, True),
    ):
        assert difference(got, want) is not None


# Details -----------------------------------------------------------------------------------------


def test_the_detail_tells_how_many_differ_and_where_most() -> None:
    want, got = np.zeros((2, 3)), np.zeros((2, 3))
    got[0, 1], got[1, 2] = 0.5, -2.0
    found = difference(got, want)
    assert found is not None
    assert found.detail == "2 of 6 differ; the largest difference at [1, 2]: expected 0, got -2"


def test_the_detail_shows_enough_digits_to_see_the_difference() -> None:
    found = difference(1.0000001, 1.0)
    assert found is not None
    assert "expected 1, got 1.0000001" in found.detail


def test_the_detail_of_a_text_is_bounded() -> None:
    found = difference("x" * 10_000, "a")
    assert found is not None
    assert len(found.detail) < 300


# What a hidden check's sentence may tell ---------------------------------------------------------


def test_a_sentence_never_carries_what_the_student_chose() -> None:
    """On either side: a check may compare two answers of the student's."""
    secret = "s3cr3t"
    choices: list[Any] = [
        secret, secret.encode(), [secret], (secret, secret), {secret: 1}, {(secret, 1): secret}, 9187234,
        -9187234.5,
        np.array([9187234]), np.zeros((9187234, 0)), np.zeros((1, 2, 3)), [[[[9187234]]]], complex(9187234,
        1),
    ]  # fmt: skip
    plain = [None, True, 1, 1.0, "a", b"a", [1], (1,), {"a": 1}, np.zeros(2), np.zeros(()), 1j]
    for one in [*choices, *plain]:
        for other in [*choices, *plain]:
            found = difference(one, other)
            if found is not None:
                assert secret not in found.sentence
                assert "9187234" not in found.sentence


def test_a_position_in_a_long_list_is_not_told() -> None:
    want = [0] * 5000
    for place, words in (
        (3, "it[3] has"),
        (15, "it[15] has"),
        (16, "a part of it has"),
        (4321, "a part of it has"),
    ):
        got = list(want)
        got[place] = 1
        assert sentence(got, want).startswith(words)

"""Literals give back the very value, and what is shown is short."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from grader.counterexamples.draws import SMALLEST, SmallRandom, TooManyDrawsError
from grader.counterexamples.values import literal, shown, shown_apart

ARRAYS = (
    np.array([[1.0, -2.5], [1e-7, 1 / 3]]),
    np.array([0.1, 0.2], dtype=np.float32),
    np.arange(6).reshape(2, 3),
    np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    np.arange(24.0).reshape(2, 3, 4).transpose(1, 2, 0),
    np.array([[True, False]]),
    np.zeros((2, 0)),
    np.zeros((3, 4)),
    np.ones((2, 2), dtype=np.float32),
    np.array([np.nan, np.inf, -np.inf]),
    np.array(2.5),
    np.array([1 + 2j]),
    np.array([1, 2], dtype=np.uint8),
)
TENSORS = (
    torch.tensor([[1.0, 0.1]]),
    torch.tensor([[1.0, 1 / 3]], dtype=torch.float64),
    torch.tensor([1.5, 2.0], dtype=torch.bfloat16),
    torch.tensor([3, 4]),
    torch.tensor([True]),
    torch.eye(3, dtype=torch.float64),
    torch.zeros(2, 3),
    torch.arange(24.0).reshape(2, 3, 4).permute(2, 0, 1),
    torch.tensor([float("nan"), float("inf")]),
)


def _read(text: str) -> object:
    return eval(text, {"np": np, "torch": torch})


@pytest.mark.parametrize("array", ARRAYS, ids=repr)
def test_an_arrays_literal_gives_its_values_dtype_and_layout(array: np.ndarray) -> None:
    again = _read(literal(array))
    assert isinstance(again, np.ndarray)
    assert (again.dtype, again.shape) == (array.dtype, array.shape)
    assert again.size == 0 or again.strides == array.strides
    np.testing.assert_array_equal(again, array)


@pytest.mark.parametrize("tensor", TENSORS, ids=repr)
def test_a_tensors_literal_gives_its_values_dtype_and_layout(tensor: torch.Tensor) -> None:
    again = _read(literal(tensor))
    assert isinstance(again, torch.Tensor)
    assert (again.dtype, again.shape, again.stride()) == (tensor.dtype, tensor.shape, tensor.stride())
    assert torch.equal(again.nan_to_num(7.0), tensor.nan_to_num(7.0))


@pytest.mark.parametrize("value", [None, True, -3, 0.1, (1,), [1.5, (2, "a")], {"k": [1]}, np.float32(0.1)])
def test_a_plain_values_literal_gives_it_back(value: object) -> None:
    again = _read(literal(value))
    assert (again, type(again)) == (value, type(value))


def test_two_values_are_shown_with_the_digits_it_takes_to_tell_them_apart() -> None:
    assert shown_apart(1.0, 2.0) == ("1.0", "2.0")
    assert shown_apart(0.123456, 0.123457) == ("0.123456", "0.123457")


def test_what_is_shown_is_bounded_and_clean() -> None:
    assert len(shown(["x" * 500] * 500)) <= 800
    assert shown("\x1b[31m") == repr("\x1b[31m")
    assert shown(np.zeros((100, 100))) == "array of shape (100, 100), float64"


@pytest.mark.parametrize("room", [SMALLEST, -1, 0, 3])
def test_small_draws_are_small_and_the_same_for_the_same_seed(room: int) -> None:
    one, other = SmallRandom(5, room), SmallRandom(5, room)
    sizes = one.sizes(3, 2, 9)
    assert sizes == other.sizes(3, 2, 9)
    assert max(sizes) <= 2 + 3 + max(room, 0)
    numbers = one.normal(2, 3)
    np.testing.assert_array_equal(numbers, other.normal(2, 3))
    assert np.array_equal(numbers, np.round(numbers, 2))
    assert numbers.all()
    within = one.uniform(20, low=0.05, high=0.95)
    assert ((within >= 0.05) & (within < 0.95)).all()
    assert len(set(within.tolist())) == 20


def test_a_check_that_draws_without_end_is_stopped() -> None:
    rng = SmallRandom(1, 0)
    with pytest.raises(TooManyDrawsError):
        next(number for number in iter(lambda: rng.normal(1)[0], None) if number == 0.0)

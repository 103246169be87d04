"""Expectations: each returns on a right answer and raises a sentence that is safe to show on a wrong one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from grader.authoring import CheckFailedError, Observation, expect, observe
from sandbox import InProcessSession, load
from sandbox.errors import StudentExceptionError, TimeLimitError
from sandbox.remote import RemoteModule

SOURCE = """
class Own(ValueError): pass
def value(): raise ValueError("the answer is 42")
def key(): return {}["nothing"]
def own(): raise Own("no")
def wrong(): return 1 / 0
def fine(x=0): return x
def change(x, y):
    x += 1
    return x
def nan_kept(x): return x
"""


@pytest.fixture
def student() -> Iterator[RemoteModule]:
    with InProcessSession() as session:
        yield load(session, {"a.py": SOURCE}, "a.py")


def failure(expectation: Callable[..., None], *args: Any, **kwargs: Any) -> tuple[str, str]:
    with pytest.raises(CheckFailedError) as caught:
        expectation(*args, **kwargs)
    return caught.value.sentence, caught.value.detail


# close, equal ------------------------------------------------------------------------------------


def test_close_allows_the_tolerance_and_equal_none() -> None:
    expect.close(1.0 + 1e-10, 1.0, what="x")
    expect.close(np.float32(1.01), 1.0, what="x", rtol=0.1)
    assert failure(expect.equal, 1.0 + 1e-10, 1.0, what="x")[0] == "x has wrong values."
    expect.equal(2**70, 2**70, what="x")
    assert failure(expect.close, 1.1, 1.0, what="the loss") == (
        "the loss has wrong values.",
        "1 of 1 differ; the largest difference: expected 1, got 1.1",
    )


def test_parts_are_named_by_position_or_by_their_own_names() -> None:
    got, want = (np.ones(2), np.zeros(3)), (np.ones(2), np.ones(3))
    assert failure(expect.close, got, want, what="grads")[0] == "grads[1] has wrong values."
    assert failure(expect.close, got, want, what=("dW", "db"))[0] == "db has wrong values."
    expect.close(want, want, what=("dW", "db"))
    for other in (None, np.ones(2), (1,), (1, 2, 3), {"dW": 1, "db": 2}):
        sentence, detail = failure(expect.close, other, want, what=("dW", "db"))
        assert sentence == "The result should be a tuple (dW, db)."
        assert detail.startswith("got ")


def test_names_that_do_not_fit_the_reference_are_the_authors_mistake() -> None:
    with pytest.raises(ValueError, match="zip"):
        expect.close((1, 2), (1, 2), what=("a", "b", "c"))


def test_a_dtype_may_be_left_open() -> None:
    expect.close(np.ones(2, "float32"), np.ones(2), what="x", dtype=False)
    expect.close((np.ones(2, "float32"),), (np.ones(2),), what=("x",), dtype=False)
    assert "dtype" in failure(expect.close, np.ones(2, "float32"), np.ones(2), what="x")[0]


# shape, finite, that -----------------------------------------------------------------------------


def test_shape_is_that_of_an_array() -> None:
    expect.shape(np.zeros((2, 3)), (2, 3), what="y")
    assert failure(expect.shape, np.zeros(6), (2, 3), what="y") == (
        "y has the wrong shape.",
        "expected (2, 3), got (6,)",
    )
    for other in (1.0, None, [[0]], "ab"):
        assert failure(expect.shape, other, (2,), what="y")[0] == "y should be an array."


def test_finite_is_what_has_no_nan_or_infinity() -> None:
    for fine in (np.zeros(3), 1.0, 5, 2**70, np.zeros(0), np.array([1j]), np.array([True])):
        expect.finite(fine, what="y")
    for bad in (np.array([1, np.nan]), float("inf"), np.array([complex(0, np.inf)]), -np.inf):
        assert failure(expect.finite, bad, what="y") == ("y contains NaN or infinity.", "")
    for other in (None, "nan", [np.nan], (1.0,)):
        assert failure(expect.finite, other, what="y")[0] == "y should be made of numbers."


def test_finite_and_shape_take_tensors() -> None:
    torch = pytest.importorskip("torch")
    expect.shape(torch.zeros(2, 3), (2, 3), what="y")
    expect.finite(torch.zeros(2, dtype=torch.bfloat16), what="y")
    assert failure(expect.finite, torch.tensor([float("nan")]), what="y")[0] == "y contains NaN or infinity."


def test_that_says_its_sentence() -> None:
    expect.that(True, "never seen")
    expect.that(np.True_, "never seen")
    assert failure(expect.that, np.float64(0.0), "the loss falls", "from 1 to 2") == (
        "the loss falls",
        "from 1 to 2",
    )


# raises ------------------------------------------------------------------------------------------


def test_raises_accepts_the_kind_and_its_subclasses(student: RemoteModule) -> None:
    expect.raises(ValueError, student.value, what="a negative stride")
    expect.raises(KeyError, student.key, what="an unknown key")
    expect.raises(LookupError, student.key, what="an unknown key")
    expect.raises(ArithmeticError, student.wrong, what="zero")
    expect.raises(Exception, student.own, what="anything")


def test_raises_refuses_another_kind_and_silence(student: RemoteModule) -> None:
    assert failure(expect.raises, ValueError, student.wrong, what="a negative stride") == (
        "a negative stride should raise ValueError.",
        "raised ZeroDivisionError",
    )
    assert failure(expect.raises, ValueError, student.fine, 3, what="a negative stride") == (
        "a negative stride should raise ValueError.",
        "nothing was raised",
    )
    assert failure(expect.raises, KeyError, student.own, what="x")[1] == "raised Exception"


def test_a_function_that_could_not_be_called_did_not_raise(student: RemoteModule) -> None:
    with pytest.raises(StudentExceptionError) as caught:
        expect.raises(TypeError, student.fine, 1, 2, what="a text")
    assert caught.value.reason == "signature"
    with pytest.raises(StudentExceptionError) as caught:
        expect.raises(AttributeError, student.nothing, what="a text")
    assert caught.value.reason == "missing"


def test_raises_lets_other_ends_through() -> None:
    def late() -> None:
        raise TimeLimitError(1.0)

    with pytest.raises(TimeLimitError):
        expect.raises(Exception, late, what="x")


# unchanged ---------------------------------------------------------------------------------------


def test_unchanged_compares_what_was_sent_with_what_was_left(student: RemoteModule) -> None:
    x, y = np.array([1.0, np.nan]), np.arange(3)
    expect.unchanged(observe(student.nan_kept, x), (x,), what="x")
    seen = observe(student.change, x, y)
    sentence, detail = failure(expect.unchanged, seen, (x, y), what=("x", "y"))
    assert sentence == "The call changed its input x."
    assert "expected 1, got 2" in detail
    assert (
        failure(expect.unchanged, seen, (x, y), what="an input")[0] == "The call changed its input an input."
    )


def test_unchanged_notices_another_type_or_dtype() -> None:
    sent = (np.zeros(2), [1, 2])
    for after in (
        (np.zeros(2, "float32"), [1, 2]),
        (np.zeros(2), [1, 3]),
        (None, [1, 2]),
        (np.zeros(3), [1, 2]),
    ):
        seen = Observation(None, after, "")
        assert "changed its input" in failure(expect.unchanged, seen, sent, what="it")[0]
    expect.unchanged(Observation(None, sent, ""), sent, what="it")


def test_a_failures_text_is_its_sentence_and_detail() -> None:
    assert (
        str(CheckFailedError("dW has wrong values.", "3 of 4 differ")) == "dW has wrong values. 3 of 4 differ"
    )
    assert str(CheckFailedError("It is wrong.")) == "It is wrong."

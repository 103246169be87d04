"""The ``check`` decorator: what an author writes becomes one value, and mistakes are refused at once."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from grader.authoring import Check, CheckFailedError, Random, check, expect


def test_a_function_becomes_a_check_of_its_name() -> None:
    @check("It holds", points=2, needs=("forward",), time_limit=3.5, instances=4, fresh_sandbox=True)
    def it_holds(student: Any, reference: Any, rng: Random) -> None:
        """Never called here."""

    assert dataclasses.asdict(it_holds) | {"function": None} == {
        "name": "it_holds",
        "title": "It holds",
        "points": 2.0,
        "function": None,
        "needs": ("forward",),
        "time_limit": 3.5,
        "instances": 4,
        "fresh_sandbox": True,
    }


def test_what_is_not_said_has_its_usual_value() -> None:
    @check("It holds")
    def it_holds(student: Any, reference: Any, rng: Random) -> None:
        """Never called here."""

    assert isinstance(it_holds, Check)
    assert (it_holds.points, it_holds.needs, it_holds.time_limit) == (0.0, (), None)
    assert (it_holds.instances, it_holds.fresh_sandbox) == (16, False)


def test_running_a_check_gives_it_what_it_compares() -> None:
    @check("One is two")
    def one_is_two(student: Any, reference: Any, rng: Random) -> None:
        expect.equal(student + rng.integers(0, 1), reference, what="the number")

    one_is_two.run(1, 1, Random(0))
    with pytest.raises(CheckFailedError, match="the number has wrong values"):
        one_is_two.run(1, 2, Random(0))


@pytest.mark.parametrize(
    ("arguments", "kind", "words"),
    [
        ({"needs": "forward"}, TypeError, "tuple"),
        ({"needs": ["forward"]}, TypeError, "tuple"),
        ({"points": -1}, ValueError, "not negative"),
        ({"instances": 0}, ValueError, "at least one"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments: dict[str, Any], kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        check("It holds", **arguments)

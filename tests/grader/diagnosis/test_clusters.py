"""Answers that are wrong in the same way are found by their signatures."""

from __future__ import annotations

import random

from grader.diagnosis import alike, clusters

ONE = (7.0, 10.0, 3.0, -4.0, 20.0, 1.0, 2.0)


def _nearly(signature: tuple[float, ...], by: float) -> tuple[float, ...]:
    return (signature[0], *(number * (1 + by) for number in signature[1:]))


def test_rounding_makes_no_difference_and_other_values_do() -> None:
    assert alike(ONE, _nearly(ONE, 1e-6))
    assert not alike(ONE, _nearly(ONE, 0.01))


def test_a_number_near_zero_is_judged_by_the_size_of_the_whole() -> None:
    assert alike((7.0, 10.0, 1e-9, 3.0), (7.0, 10.0, -1e-9, 3.0))


def test_another_structure_is_another_error_whatever_the_numbers() -> None:
    assert not alike(ONE, (8.0, *ONE[1:]))
    assert not alike(ONE, ONE[:4])


def test_an_empty_signature_is_like_nothing() -> None:
    assert not alike((), ())
    assert clusters([("a", ()), ("b", ())]) == ()


def test_an_error_without_numbers_is_known_by_its_structure() -> None:
    assert clusters([("a", (7.0,)), ("b", (7.0,)), ("c", (8.0,))]) == (("a", "b"), ("c",))


def test_the_largest_cluster_comes_first_and_keeps_its_order() -> None:
    numbers = random.Random(1)
    names = [
        (f"{kind}{index}", kind) for kind, count in (("x", 3), ("y", 37), ("z", 8)) for index in range(count)
    ]
    numbers.shuffle(names)
    base = {"x": ONE, "y": _nearly(ONE, 0.5), "z": (9.0, *ONE[1:])}
    found = clusters((name, _nearly(base[kind], numbers.uniform(-1e-7, 1e-7))) for name, kind in names)
    assert [len(cluster) for cluster in found] == [37, 8, 3]
    assert found[0] == tuple(name for name, kind in names if kind == "y")

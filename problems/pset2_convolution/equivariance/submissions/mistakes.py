"""How to recognise the mistakes that end in an exception, or are written in many ways."""

from itertools import product

import numpy as np

from grader.authoring import mistake


def _same(one, other):
    return np.shape(one) == np.shape(other) and np.allclose(one, other, rtol=1e-9, atol=1e-11)


def _padded(x, axis, way):
    """One row or column more on both sides."""
    ends = {"in front": (2, 0), "behind": (0, 2)}.get(way, (1, 1))
    mode = way if way in ("wrap", "edge", "reflect") else "constant"
    return np.pad(x, [ends if at == axis else (0, 0) for at in range(3)], mode=mode)


def _valid(reference, padded, w):
    """The correlation of a picture that has its padding already."""
    return reference.correlate(padded, w)[:, 1:-1, 1:-1]


@mistake("padding_not_all_zeros", checks=("correlation",))
def padding_not_all_zeros(student, reference, rng):
    x, w = rng.normal(2, 5, 6), rng.normal(3, 2, 3, 3)
    got = student.correlate(x, w)
    ways = ("zeros", "wrap", "edge", "reflect", "in front", "behind")
    known = {("zeros", "zeros"), ("wrap", "wrap"), ("edge", "edge"), ("behind", "behind")}
    return any(
        _same(got, _valid(reference, _padded(_padded(x, 1, rows), 2, columns), w))
        for rows, columns in product(ways, ways)
        if (rows, columns) not in known
    )


@mistake("shift_wraps_on_one_axis", checks=("shifts",))
def shift_wraps_on_one_axis(student, reference, rng):
    x = rng.normal(2, 5, 6)
    for rows, columns in ((1, 2), (-2, -1)):
        got = student.shift(x, rows, columns)
        ways = (
            np.roll(reference.shift(x, 0, columns), rows, axis=1),
            np.roll(reference.shift(x, rows, 0), columns, axis=2),
        )
        if not any(_same(got, way) for way in ways):
            return False
    return True


@mistake("lift_turns_the_result", checks=("lifting",))
def lift_turns_the_result(student, reference, rng):
    x, w = rng.normal(2, 6, 6), rng.normal(3, 2, 3, 3)
    got, seen = student.lift(x, w), student.correlate(x, w)
    return any(
        _same(got, np.stack([np.rot90(seen, by * r, axes=(1, 2)) for r in range(4)])) for by in (1, -1, 2)
    )


@mistake("lift_turns_other_axes", checks=("lifting", "layout_and_dtype"))
def lift_turns_other_axes(student, reference, rng):
    x, w = rng.normal(3, 5, 6), rng.normal(3, 3, 3, 3)
    got = student.lift(x, w)
    for axes, by in product(((0, 1), (1, 2), (1, 3)), (1, -1)):
        kernels = [np.rot90(w, by * r, axes=axes).copy() for r in range(4)]
        if _same(got, np.stack([student.correlate(x, kernel) for kernel in kernels])):
            return True
    return False


@mistake("group_turns_other_axes", checks=("group_axis", "group_planes", "layout_and_dtype"))
def group_turns_other_axes(student, reference, rng):
    y, w = rng.normal(4, 3, 5, 6), rng.normal(3, 4, 3, 3, 3)
    got = student.group_correlate(y, w)
    for axes, by in product(((0, 1), (1, 2), (1, 3)), (1, -1)):
        planes = [
            sum(
                student.correlate(y[s], np.rot90(w[:, (s - r) % 4], by * r, axes=axes).copy())
                for s in range(4)
            )
            for r in range(4)
        ]
        if _same(got, np.stack(planes)):
            return True
    return False


@mistake("lifted_result_not_turned_back", checks=("lifting",))
def lifted_result_not_turned_back(student, reference, rng):
    x, w = rng.normal(2, 6, 6), rng.normal(3, 2, 3, 3)
    got = student.lift(x, w)

    def seen(turns_of_x, turns_of_w):
        turned = np.rot90(x, turns_of_x, axes=(1, 2)).copy()
        return student.correlate(turned, np.rot90(w, turns_of_w, axes=(2, 3)).copy())

    # By half turns the size stays: then the filter is turned for the quarter that is left.
    ways = (
        [(0, 0), (1, 0), (2, 0), (3, 0)],
        [(0, 0), (3, 0), (2, 0), (1, 0)],
        [(0, 0), (0, 1), (2, 0), (2, 1)],
    )
    return any(_same(got, np.stack([seen(*turns) for turns in way])) for way in ways)


@mistake("turn_along_other_axes", checks=("turning",))
def turn_along_other_axes(student, reference, rng):
    y = rng.normal(4, 3, 5, 6)
    got = student.turn(y)
    for axes, by in product(((0, 1), (0, 2), (1, 2), (1, 3)), (1, -1)):
        turned = np.rot90(y, by, axes=axes)
        if any(_same(got, np.roll(turned, moved, axis=0)) for moved in (-1, 0, 1)):
            return True
    return False


@mistake("turn_without_turning", checks=("turning",))
def turn_without_turning(student, reference, rng):
    y = rng.normal(4, 3, 5, 6)
    moved, got = np.roll(y, 1, axis=0), student.turn(y)
    return _same(got, moved) or _same(got, moved.swapaxes(2, 3))

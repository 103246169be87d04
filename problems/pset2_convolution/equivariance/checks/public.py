"""Public checks: the handout's worked examples, and the laws that these layers are made for."""

import numpy as np

from grader.authoring import (
    check,
    expect,
    support,
    value,
)

CLOSE = {"rtol": 1e-9, "atol": 1e-11}
PICTURE = np.array([[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]])
ARROW = np.array([[[[0.0, 0.0, 0.0], [0.0, 1.0, 2.0], [0.0, 0.0, 0.0]]]])


@check("Worked example: a pixel and twice its right neighbour", points=0)
def example_correlate(student, reference, rng):
    wanted = np.array([[[5.0, 8.0, 3.0], [14.0, 17.0, 6.0]]])
    expect.close(student.correlate(PICTURE, ARROW), wanted, what="The correlation", **CLOSE)


@check("Worked example: shifted by no row and one column, and back by one row", points=0)
def example_shift(student, reference, rng):
    wanted = np.array([[[0.0, 1.0, 2.0], [0.0, 4.0, 5.0]]])
    expect.close(student.shift(PICTURE, 0, 1), wanted, what="The shifted picture", **CLOSE)
    wanted = np.array([[[4.0, 5.0, 6.0], [0.0, 0.0, 0.0]]])
    expect.close(student.shift(PICTURE, -1, 0), wanted, what="The shifted picture", **CLOSE)


@check("Worked example: turned once, the arrow looks up", points=0)
def example_lift(student, reference, rng):
    got = student.lift(PICTURE, ARROW)
    expect.shape(got, (4, 1, 2, 3), what="What lift returns")
    wanted = np.array([[[1.0, 2.0, 3.0], [6.0, 9.0, 12.0]]])
    expect.close(got[1].copy(), wanted, what="What lift returns for one quarter turn", **CLOSE)


@check("A blur is equivariant away from the sides; a stride of two to even shifts alone", points=0)
def measured(student, reference, rng):
    x = rng.normal(2, 9, 8)
    blur, second = (value(support(student), name) for name in ("blur", "every_second"))
    expect.close(student.translation_error(blur, x, 2, -1, 3), 0.0, what="The error of a blur", **CLOSE)
    expect.close(
        student.translation_error(second, x, 2, 2, 2), 0.0, what="The error at an even shift", **CLOSE
    )
    odd = student.translation_error(second, x, 1, 0, 2)
    expect.that(odd > 0.1, "The error of a stride of two at an odd shift should not vanish.")


def _quarter_turn(x):
    return np.rot90(x, axes=(-2, -1)).copy()


@check("Lifting a turned picture gives the turned features", points=0)
def lifting_law(student, reference, rng):
    x, w = rng.normal(2, 5, 6), rng.normal(3, 2, 3, 3)
    wanted = student.turn(student.lift(x, w))
    expect.close(student.lift(_quarter_turn(x), w), wanted, what="The lifted picture", **CLOSE)


@check("The group layer of turned features gives turned features", points=0)
def group_law(student, reference, rng):
    y, w = rng.normal(4, 2, 5, 6), rng.normal(3, 4, 2, 3, 3)
    wanted = student.turn(student.group_correlate(y, w))
    got = student.group_correlate(student.turn(y), w)
    expect.close(got, wanted, what="What the group layer returns", **CLOSE)


@check("Lifted, convolved and pooled, a turned picture gives the same, turned", points=0)
def whole_network(student, reference, rng):
    x, first, second = rng.normal(2, 5, 6), rng.normal(3, 2, 3, 3), rng.normal(2, 4, 3, 3, 3)

    def network(picture):
        return student.pool(student.group_correlate(np.maximum(student.lift(picture, first), 0.0), second))

    wanted = _quarter_turn(network(x))
    expect.close(network(_quarter_turn(x)), wanted, what="What the network returns", **CLOSE)

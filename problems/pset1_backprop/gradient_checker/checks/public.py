"""Public checks: the handout's worked examples, and layers to judge."""

import numpy as np

from grader.authoring import (
    check,
    expect,
    observe,
    support,
    value,
)

CLOSE = {"rtol": 1e-9, "atol": 1e-11}
POINT = np.array([3.0, 2.0])


@check("Worked example: the gradient with step 1 is (12, 9)", points=0)
def example_gradient(student, reference, rng):
    got = student.numerical_gradient(value(support(student), "product"), POINT, 1.0)
    expect.close(got, np.array([12.0, 9.0]), what="The gradient", **CLOSE)


@check("Worked example: the vector-Jacobian product is (5, 11)", points=0)
def example_product(student, reference, rng):
    curve = value(support(student), "curve")
    got = student.numerical_vjp(curve, POINT, np.array([1.0, 2.0, 3.0]), 1.0)
    expect.close(got, np.array([5.0, 11.0]), what="The product", **CLOSE)


@check("Worked example: the relative error of (12, 9) and (14, 9) is 1/7", points=0)
def example_error(student, reference, rng):
    got = student.relative_error(np.array([12.0, 9.0]), np.array([14.0, 9.0]))
    expect.close(got, 1 / 7, what="The relative error", **CLOSE)


@check("A step of 1e-5 comes near the right gradient, for an x of float32 too", points=0)
def usual_step(student, reference, rng):
    x = np.array([[0.5, -1.0, 0.25]], dtype=np.float32)
    # The derivative of waves, by hand.
    place = np.array([[1.0, 2.0, 3.0]])
    wanted = 0.3 * place * np.cos(0.3 * place * x) + 3 * float(x.sum()) ** 2 / 50
    got = student.numerical_gradient(value(support(student), "waves"), x)
    expect.close(got, wanted, what="The gradient", rtol=1e-7, atol=1e-8)


@check("A right layer is accepted, and a layer with its sign wrong is not", points=0)
def layers(student, reference, rng):
    A, x = rng.normal(3, 2), rng.normal(2, 4)
    forward = support(student).layer(A)
    for sign, verdict in ((1, True), (-1, False)):
        got = student.backward_is_right(forward, support(student).layer_backward(sign * A), x, 7)
        expect.equal(got, verdict, what="The verdict")


@check("x is the same after the call", points=0)
def unchanged(student, reference, rng):
    x = rng.normal(3, 2)
    call = observe(student.numerical_gradient, value(support(student), "waves"), x)
    expect.equal(call.args_after[1], x, what="x after the call")

"""Hidden checks. Each charges for one property, on inputs where the other mistakes make no difference.

The slope at zero, large inputs and the gradient of the GELU are judged by laws or by the student's own
forward pass, so that a mistake that was charged is not charged again.
"""

import numpy as np

from grader.authoring import check, expect, observe

# Right answers that are written differently use less than a thousandth of this.
TOLERANCE = {"rtol": 1e-9, "atol": 1e-12}


def _apart_from_zero(rng, *shape):
    """Numbers of both signs between 0.1 and 3 in size."""
    return rng.uniform(*shape, low=0.1, high=3.0) * np.where(rng.mask(*shape), 1.0, -1.0)


def _shapes(rng):
    """Any number of axes will do: a matrix, a batch of images, a vector."""
    a, b, c = rng.sizes(3, 3, 7)
    return (a, b), (1, a, b, c), (c,)


def _slopes(rng):
    """Below one and above one."""
    return float(rng.uniform(low=0.05, high=0.4)), float(rng.uniform(low=1.5, high=3.0))


@check("The values of ReLU and leaky ReLU are right", points=1)
def relu_values(student, reference, rng):
    for shape in _shapes(rng):
        x = _apart_from_zero(rng, *shape)
        expect.close(student.relu(x), reference.relu(x), what="relu(x)", **TOLERANCE)
        for slope in _slopes(rng):
            wanted = reference.leaky_relu(x, slope)
            expect.close(student.leaky_relu(x, slope), wanted, what="leaky_relu(x)", **TOLERANCE)


@check("The gradients of ReLU and leaky ReLU are right", points=1.5)
def relu_gradients(student, reference, rng):
    for shape in _shapes(rng):
        dy, x = rng.normal(*shape), _apart_from_zero(rng, *shape)
        wanted = reference.relu_backward(dy, x)
        expect.close(student.relu_backward(dy, x), wanted, what="dx of relu", **TOLERANCE)
        for slope in _slopes(rng):
            wanted = reference.leaky_relu_backward(dy, x, slope)
            got = student.leaky_relu_backward(dy, x, slope)
            expect.close(got, wanted, what="dx of leaky_relu", **TOLERANCE)
        slope = -float(rng.uniform(low=0.3, high=2.0))  # the output is positive on both sides
        got, wanted = (side.leaky_relu_backward(dy, x, slope) for side in (student, reference))
        expect.close(got, wanted, what="dx of leaky_relu with a negative slope", **TOLERANCE)


@check("At exactly zero the slope is that of the negative side", points=0.5)
def slope_at_zero(student, reference, rng):
    dy, (slope, _) = rng.normal(2, 5), _slopes(rng)
    zero, below, above = np.zeros((2, 5)), np.full((2, 5), -1.0), np.ones((2, 5))
    for function, extra in (("relu_backward", ()), ("leaky_relu_backward", (slope,))):
        backward = getattr(student, function)
        expect.close(backward(dy, zero, *extra), backward(dy, below, *extra), what="dx at zero", **TOLERANCE)
        expect.that(np.any(backward(dy, above, *extra)), f"{function} is zero for positive inputs too.")


@check("The values of the sigmoid are right", points=1)
def sigmoid_values(student, reference, rng):
    for shape in _shapes(rng):
        x = rng.normal(*shape, scale=2.0)
        expect.close(student.sigmoid(x), reference.sigmoid(x), what="sigmoid(x)", **TOLERANCE)


@check("The gradient of the sigmoid is right, from its output", points=1)
def sigmoid_gradient(student, reference, rng):
    for shape in _shapes(rng):
        dy, y = rng.normal(*shape), rng.uniform(*shape, low=0.05, high=0.95)
        wanted = reference.sigmoid_backward(dy, y)
        expect.close(student.sigmoid_backward(dy, y), wanted, what="dx of sigmoid", **TOLERANCE)


@check("Values and gradient of the hyperbolic tangent are right, the gradient from its output", points=1)
def tanh(student, reference, rng):
    for shape in _shapes(rng):
        x, dy, y = rng.normal(*shape), rng.normal(*shape), rng.uniform(*shape, low=-0.95, high=0.95)
        expect.close(student.tanh(x), reference.tanh(x), what="tanh(x)", **TOLERANCE)
        wanted = reference.tanh_backward(dy, y)
        expect.close(student.tanh_backward(dy, y), wanted, what="dx of tanh", **TOLERANCE)


@check("The values of the GELU are right", points=1)
def gelu_values(student, reference, rng):
    for shape in _shapes(rng):
        x = rng.normal(*shape, scale=1.5)
        expect.close(student.gelu(x), reference.gelu(x), what="gelu(x)", **TOLERANCE)


@check("The gradient of the GELU is right", points=1.5)
def gelu_gradient(student, reference, rng):
    step = 1e-5
    for shape in _shapes(rng):
        dy, x = rng.normal(*shape), rng.normal(*shape, scale=1.5)
        around = [reference.gelu(x + at) for at in (-step, 0.0, step)]
        own = [student.gelu(x + at) for at in (-step, 0.0, step)]
        # A forward pass that resembles a GELU is taken as it is: its mistake was charged above.
        if (
            np.shape(own[1]) == shape
            and np.all(np.isfinite(own))
            and np.allclose(own[1], around[1], atol=0.4)
        ):
            around = own
        wanted = np.asarray(dy * (around[2] - around[0]) / (2 * step))
        got = student.gelu_backward(dy, x)
        expect.shape(got, shape, what="dx of gelu")
        # The difference quotient is off by about 1e-10, and by rounding over the step.
        expect.close(got, wanted, what="dx of gelu", rtol=1e-6, atol=1e-8, dtype=False)


@check("Large inputs saturate, without nan", points=1)
def large_inputs(student, reference, rng):
    x = rng.uniform(7, low=800.0, high=5000.0)
    for function in ("sigmoid", "tanh", "gelu", "relu"):
        for values in (x, -x):
            expect.finite(getattr(student, function)(values), what=f"{function} of large inputs")
    for values in (x, -x):
        expect.finite(student.gelu_backward(np.ones(7), values), what="dx of gelu at large inputs")
    high, low = student.sigmoid(x), student.sigmoid(-x)
    expect.close(high + low, np.ones(7), what="sigmoid(x) + sigmoid(-x)", rtol=0.0, atol=1e-12)
    flat = np.ptp(high) == 0.0 and np.ptp(low) == 0.0
    expect.that(flat and abs(high[0] - low[0]) == 1.0, "The sigmoid should be 0 and 1 at its two ends.")


@check("Arguments stay unchanged, and float32 stays float32", points=0.5)
def unchanged_and_dtype(student, reference, rng):
    x, dy = _apart_from_zero(rng, 4, 5), rng.normal(4, 5)
    y = rng.uniform(4, 5, low=0.1, high=0.9)
    for function, names, arguments, extra in (
        ("relu", ("x",), (x,), {}),
        ("relu_backward", ("dy", "x"), (dy, x), {}),
        ("leaky_relu", ("x",), (x,), {"slope": 0.5}),
        ("leaky_relu_backward", ("dy", "x"), (dy, x), {"slope": 0.5}),
        ("sigmoid", ("x",), (x,), {}),
        ("sigmoid_backward", ("dy", "y"), (dy, y), {}),
        ("tanh", ("x",), (x,), {}),
        ("tanh_backward", ("dy", "y"), (dy, y), {}),
        ("gelu", ("x",), (x,), {}),
        ("gelu_backward", ("dy", "x"), (dy, x), {}),
    ):
        call = getattr(student, function)
        observation = observe(call, *arguments, **extra)
        expect.unchanged(observation, arguments, what=names)
        # Nothing is earned by a constant: repr compares whatever plain values came back.
        differs = repr(call(*(-2 * each for each in arguments), **extra)) != repr(observation.value)
        expect.that(differs, f"{function} gives the same answer for two different inputs.")
        single = call(*(array.astype(np.float32) for array in arguments), **extra)
        right = getattr(single, "dtype", None) == np.float32
        expect.that(right, f"{function} of float32 arrays must give a float32 array.")
    large = rng.uniform(7, low=701.0, high=709.0) * np.resize([1.0, -1.0], 7)  # exp does not overflow yet
    for function in ("sigmoid", "tanh"):
        expect.unchanged(observe(getattr(student, function), large), (large,), what="x")

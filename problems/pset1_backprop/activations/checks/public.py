"""Public checks: the handout's worked example, and a gradient check that you can keep."""

import numpy as np

from grader.authoring import check, expect

CLOSE = {"rtol": 1e-9, "atol": 1e-12}

# The worked example of the handout.
X = np.array([[-2.0, 0.0, 1.0]])
DY = np.array([[10.0, 20.0, 30.0]])


@check("Worked example: the ReLU and its leaky sister", points=0)
def example_relu(student, reference, rng):
    expect.close(student.relu(X), np.array([[0.0, 0.0, 1.0]]), what="relu(x)", **CLOSE)
    expect.close(student.leaky_relu(X, 0.5), np.array([[-1.0, 0.0, 1.0]]), what="leaky_relu(x)", **CLOSE)
    expect.close(student.relu_backward(DY, X), np.array([[0.0, 0.0, 30.0]]), what="dx of relu", **CLOSE)
    dx = student.leaky_relu_backward(DY, X, 0.5)
    expect.close(dx, np.array([[5.0, 10.0, 30.0]]), what="dx of leaky_relu", **CLOSE)


@check("Worked example: sigmoid and tanh, with gradients from their outputs", points=0)
def example_saturating(student, reference, rng):
    x = np.array([0.0, np.log(3.0)])
    expect.close(student.sigmoid(x), np.array([0.5, 0.75]), what="sigmoid(x)", **CLOSE)
    expect.close(student.tanh(x), np.array([0.0, 0.8]), what="tanh(x)", **CLOSE)
    dy = np.array([16.0, 16.0])
    dx = student.sigmoid_backward(dy, np.array([0.5, 0.75]))
    expect.close(dx, np.array([4.0, 3.0]), what="dx of sigmoid", **CLOSE)
    dx = student.tanh_backward(dy, np.array([0.0, 0.75]))
    expect.close(dx, np.array([16.0, 7.0]), what="dx of tanh", **CLOSE)


@check("The GELU of a few numbers", points=0)
def example_gelu(student, reference, rng):
    x = np.array([-1.0, 0.0, 0.5, 2.0])
    expect.close(student.gelu(x), reference.gelu(x), what="gelu(x)", **CLOSE)


@check("Your gradients agree with finite differences of your own functions", points=0)
def gradient_check(student, reference, rng):
    x, dy, step = rng.normal(3, 4), rng.normal(3, 4), 1e-5
    for name, extra, by_output in (
        ("relu", (), False),
        ("leaky_relu", (0.1,), False),
        ("sigmoid", (), True),
        ("tanh", (), True),
        ("gelu", (), False),
    ):
        forward = getattr(student, name)
        slope = (forward(x + step, *extra) - forward(x - step, *extra)) / (2 * step)
        seen = forward(x, *extra) if by_output else x
        dx = getattr(student, f"{name}_backward")(dy, seen, *extra)
        expect.close(dx, dy * slope, what=f"dx of {name}", rtol=1e-6, atol=1e-8)


@check("The sigmoid of a thousand is 1, not nan", points=0)
def example_large(student, reference, rng):
    expect.close(student.sigmoid(np.array([1000.0])), np.ones(1), what="sigmoid(1000)", **CLOSE)

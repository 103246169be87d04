"""Public checks: the handout's worked example, a gradient check, and a training run."""

from itertools import pairwise

import numpy as np

from grader.authoring import check, expect

CLOSE = {"rtol": 1e-9, "atol": 1e-12}
# The worked example of the handout: one example, layers of 2, 2 and 1 features.
X = np.array([[1.0, 2.0]])
PARAMETERS = [
    (np.array([[1.0, -1.0], [1.0, 0.0]]), np.array([0.0, 0.5])),
    (np.array([[2.0], [3.0]]), np.array([-1.0])),
]
TARGETS = np.array([[4.0]])


def _network(rng, *sizes):
    return [(rng.normal(d, k, scale=d**-0.5), rng.normal(k)) for d, k in pairwise(sizes)]


@check("Worked example: the output is 5 and the loss is 1/2", points=0)
def example_forward(student, reference, rng):
    expect.close(student.forward(X, PARAMETERS), np.array([[5.0]]), what="y", **CLOSE)
    expect.close(student.loss(np.array([[5.0]]), TARGETS), 0.5, what="The loss", **CLOSE)


@check("Worked example: the gradients", points=0)
def example_backward(student, reference, rng):
    dx, gradients = student.backward(np.array([[1.0]]), X, PARAMETERS)
    expect.close(dx, np.array([[2.0, 2.0]]), what="dx", **CLOSE)
    wanted = [
        (np.array([[2.0, 0.0], [4.0, 0.0]]), np.array([2.0, 0.0])),
        (np.array([[3.0], [0.0]]), np.array([1.0])),
    ]
    for number, (got, right) in enumerate(zip(gradients, wanted, strict=True), start=1):
        expect.close(got, right, what=(f"dW of layer {number}", f"db of layer {number}"), **CLOSE)


@check("Worked example: after a step of 0.1 the first weight is 0.8", points=0)
def example_step(student, reference, rng):
    gradients = reference.backward(np.array([[1.0]]), X, PARAMETERS)[1]
    first = student.step(PARAMETERS, gradients, 0.1)[0]
    wanted = (np.array([[0.8, -1.0], [0.6, 0.0]]), np.array([-0.2, 0.5]))
    expect.close(first, wanted, what=("W of layer 1", "b of layer 1"), **CLOSE)


@check("Your gradients agree with difference quotients of your own loss", points=0)
def gradient_check(student, reference, rng):
    x, targets, parameters = rng.normal(4, 3), rng.normal(4, 2), _network(rng, 3, 5, 4, 2)
    y = student.forward(x, parameters)
    _, gradients = student.backward(student.loss_backward(y, targets), x, parameters)
    h = 1e-5
    for number in range(3):
        for part, name in ((0, "W"), (1, "b")):
            direction, ends = rng.normal(*parameters[number][part].shape), []
            for sign in (1, -1):
                moved = [list(pair) for pair in parameters]
                moved[number][part] = moved[number][part] + sign * h * direction
                ends.append(student.loss(student.forward(x, [tuple(pair) for pair in moved]), targets))
            slope = (ends[0] - ends[1]) / (2 * h)
            along = float((gradients[number][part] * direction).sum())
            what = f"The gradient of {name} of layer {number + 1}, along a direction"
            expect.close(along, slope, what=what, rtol=1e-6, atol=1e-8)


@check("Twenty steps make the loss smaller", points=0)
def training(student, reference, rng):
    x, targets, parameters = rng.normal(8, 3), rng.normal(8, 2), _network(rng, 3, 6, 2)
    losses = []
    for _ in range(20):
        y = student.forward(x, parameters)
        losses.append(student.loss(y, targets))
        _, gradients = student.backward(student.loss_backward(y, targets), x, parameters)
        parameters = student.step(parameters, gradients, 0.05)
    expect.that(losses[-1] < losses[0], "After twenty steps the loss is not smaller.", f"{losses}")

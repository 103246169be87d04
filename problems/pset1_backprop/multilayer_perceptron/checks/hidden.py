"""Hidden checks. Each charges for one property, on inputs where the other mistakes make no difference.

The gradients of weights and bias are judged for a network of one layer, where no ReLU and no order of layers
is on trial. How a gradient passes from layer to layer is judged by the student's own gradients for one layer
at a time.
"""

from itertools import pairwise

import numpy as np

from grader.authoring import check, expect, observe

# Right answers that are written differently use less than a thousandth of this.
TOLERANCE = {"rtol": 1e-9, "atol": 1e-12}


def _network(rng, *sizes):
    """Parameters of a network with these numbers of features."""
    return [(rng.normal(d, k, scale=d**-0.5), rng.normal(k)) for d, k in pairwise(sizes)]


def _bias_across_zero(x, W):
    """A bias with which every feature of ``x W + b`` is negative on some rows and positive on others."""
    z = x @ W
    return -(z.min(axis=0) + z.max(axis=0)) / 2


def _cut_halfway(x, parameters):
    """The same network with other biases: each hidden unit is cut off on some rows, not on others."""
    *hidden, last = parameters
    shifted = []
    for W, _ in hidden:
        shifted.append((W, _bias_across_zero(x, W)))
        x = np.maximum(x @ W + shifted[-1][1], 0.0)
    return [*shifted, last]


def _backward(student, dy, x, parameters):
    """(dx, gradients) with one pair for each layer."""
    found = student.backward(dy, x, parameters)
    two = isinstance(found, tuple | list) and len(found) == 2
    expect.that(two, "backward must return two things (dx, gradients).")
    dx, gradients = found
    pairs = isinstance(gradients, tuple | list) and len(gradients) == len(parameters)
    pairs = pairs and all(isinstance(pair, tuple | list) and len(pair) == 2 for pair in gradients)
    expect.that(pairs, "gradients must be a list with one pair (dW, db) for each layer.")
    return dx, gradients


def _one_layer(rng):
    """(dy, x, parameters) of a network of one layer whose sizes all differ."""
    n, d, k = rng.sizes(3, 2, 8)
    return rng.normal(n, k), rng.normal(n, d), _network(rng, d, k)


@check("A layer computes x W + b, and after the last there is no ReLU", points=1)
def one_layer(student, reference, rng):
    _, x, [(W, _)] = _one_layer(rng)
    parameters = [(W, _bias_across_zero(x, W))]
    for rows in (x, x[:1].copy()):
        wanted = reference.forward(rows, parameters)
        expect.close(student.forward(rows, parameters), wanted, what="y of one layer", **TOLERANCE)


@check("Between layers there is a ReLU", points=1.5)
def several_layers(student, reference, rng):
    n, a, b, c = rng.sizes(4, 4, 9)
    x = rng.normal(n, a)
    first, last = _cut_halfway(x, _network(rng, a, b, c))
    # By the student's own last layer, on what should reach it. Its outputs are positive: a ReLU after it
    # makes no difference.
    last = (np.abs(last[0]), np.abs(last[1]))
    between = reference.forward(x, [first])
    wanted = student.forward(np.maximum(between, 0.0), [last])
    expect.that(np.any(wanted), "The output of one layer is zero everywhere.")
    expect.close(student.forward(x, [first, last]), wanted, what="y of two layers", **TOLERANCE)


@check("The loss is the mean over the batch of half the squared distance", points=1)
def loss(student, reference, rng):
    n, k = rng.sizes(2, 2, 8)
    for rows in (n, 1):
        y, targets = rng.normal(rows, k), rng.normal(rows, k)
        wanted = reference.loss(y, targets)
        expect.close(student.loss(y, targets), wanted, what="The loss", **TOLERANCE)


@check("The gradient of the loss is right", points=1)
def loss_gradient(student, reference, rng):
    n, k = rng.sizes(2, 2, 8)
    for rows in (n, 1):
        y, targets = rng.normal(rows, k), rng.normal(rows, k)
        wanted = reference.loss_backward(y, targets)
        expect.close(student.loss_backward(y, targets), wanted, what="dy", **TOLERANCE)


@check("The gradient with respect to a layer's weights is right", points=1)
def gradient_of_weights(student, reference, rng):
    dy, x, parameters = _one_layer(rng)
    dW = _backward(student, dy, x, parameters)[1][0][0]
    expect.close(dW, x.T @ dy, what="dW", **TOLERANCE)


@check("The gradient with respect to a layer's bias is right", points=1)
def gradient_of_bias(student, reference, rng):
    dy, x, parameters = _one_layer(rng)
    db = _backward(student, dy, x, parameters)[1][0][1]
    expect.close(db, dy.sum(axis=0), what="db", **TOLERANCE)


@check("The gradient with respect to the network's input is right", points=0.5)
def gradient_of_input(student, reference, rng):
    dy, x, parameters = _one_layer(rng)
    dx = _backward(student, dy, x, parameters)[0]
    expect.close(dx, dy @ parameters[0][0].T, what="dx", **TOLERANCE)


@check("Gradients pass through the ReLUs, from the last layer to the first", points=1.5)
def from_layer_to_layer(student, reference, rng):
    n, a, b, c, d = rng.sizes(5, 3, 10)
    x, dy = rng.normal(n, a), rng.normal(n, d)
    parameters = _cut_halfway(x, _network(rng, a, b, c, d))
    dx, gradients = _backward(student, dy, x, parameters)
    # By the student's own gradients for one layer at a time, on the right inputs of each layer.
    for number in (2, 1, 0):
        inputs = np.maximum(reference.forward(x, parameters[:number]), 0.0) if number else x
        dy, own = _backward(student, dy, inputs, parameters[number : number + 1])
        expect.that(any(map(np.any, own[0])), "The gradients of a layer are zero everywhere.")
        for position, name in ((0, "dW"), (1, "db")):
            wanted = own[0][position]
            expect.close(
                gradients[number][position], wanted, what=f"{name} of layer {number + 1}", **TOLERANCE
            )
        if number:
            expect.shape(dy, inputs.shape, what="dx of one layer")
            dy = dy * (inputs > 0)
    expect.close(dx, dy, what="dx of three layers", **TOLERANCE)


@check("A step goes down the gradient, in every layer", points=1)
def descent(student, reference, rng):
    parameters, gradients = _network(rng, 3, 4, 2), _network(rng, 3, 4, 2)
    rate = float(rng.uniform(low=0.05, high=0.5))
    got = student.step(parameters, gradients, rate)
    expect.that(isinstance(got, tuple | list) and len(got) == 2, "step must return one pair for each layer.")
    for number, (pair, wanted) in enumerate(
        zip(got, reference.step(parameters, gradients, rate), strict=True), 1
    ):
        names = (f"W of layer {number} after a step", f"b of layer {number} after a step")
        expect.close(pair, wanted, what=names, **TOLERANCE)


@check("The functions leave their arguments unchanged", points=0.5)
def arguments_unchanged(student, reference, rng):
    x, parameters, gradients = rng.normal(5, 3), _network(rng, 3, 4, 2), _network(rng, 3, 4, 2)
    y, targets = rng.normal(5, 2), rng.normal(5, 2)
    for function, names, arguments in (
        ("forward", ("x", "parameters"), (x, parameters)),
        ("loss", ("y", "targets"), (y, targets)),
        ("loss_backward", ("y", "targets"), (y, targets)),
        ("backward", ("dy", "x", "parameters"), (y, x, parameters)),
        ("step", ("parameters", "gradients", "learning_rate"), (parameters, gradients, 0.5)),
    ):
        observation = observe(getattr(student, function), *arguments)
        expect.unchanged(observation, arguments, what=names)
        expect.that(observation.value is not None, f"{function} returns nothing.")

"""How to recognise the mistakes that show in what an argument is after the call, or only with more layers."""

import numpy as np

from grader.authoring import mistake, observe


def _layers(rng):
    """(x, parameters) of a network of three layers."""
    return rng.normal(9, 3), [(rng.normal(d, k), rng.normal(k)) for d, k in ((3, 4), (4, 5), (5, 4))]


@mistake("no_relu", checks=("several_layers",))
def no_relu(student, reference, rng):
    # Neither between the first two layers nor between the last two, by the student's own single layers.
    x, parameters = _layers(rng)
    y, negative = x, []
    for layer in parameters:
        y = student.forward(y, [layer])
        negative.append(np.any(y < 0))
    return all(negative) and np.allclose(student.forward(x, parameters), y)


@mistake("relu_after_the_last_layer", checks=("one_layer",))
def relu_after_the_last_layer(student, reference, rng):
    # After the last too: the ReLUs between layers must be there.
    x, parameters = _layers(rng)
    return all(
        np.allclose(student.forward(x, some), np.maximum(reference.forward(x, some), 0.0))
        for some in (parameters[:1], parameters[:2], parameters)
    )


def _square(rng):
    """(dy, x, parameters) of one layer with as many features before it as behind it."""
    return rng.normal(5, 4), rng.normal(5, 4), [(rng.normal(4, 4), rng.normal(4))]


@mistake("weights_transposed", checks=("one_layer",))
def weights_transposed(student, reference, rng):
    _, x, [(W, b)] = _square(rng)
    return np.allclose(student.forward(x, [(W, b)]), x @ W.T + b)


@mistake("dx_not_transposed", checks=("gradient_of_input",))
def dx_not_transposed(student, reference, rng):
    dy, x, parameters = _square(rng)
    if not np.allclose(student.backward(dy, x, parameters)[0], dy @ parameters[0][0]):
        return False
    try:  # a reshape would fit here
        student.backward(dy, rng.normal(5, 3), [(rng.normal(3, 4), rng.normal(4))])
    except Exception:
        return True
    return False


@mistake("db_of_one_example", checks=("gradient_of_bias",))
def db_of_one_example(student, reference, rng):
    dy, x, parameters = _square(rng)
    db = student.backward(dy, x, parameters)[1][0][1]
    return db.shape == (4,) and any(np.allclose(db, row) for row in dy)


@mistake("weights_updated_on_the_way", checks=("gradient_of_input",))
def weights_updated_on_the_way(student, reference, rng):
    # At whatever rate: dx is off by a multiple of what a step of the weights makes of it.
    dy, x = rng.normal(5, 4), rng.normal(5, 3)
    W = rng.normal(3, 4)
    dx, [(dW, _)] = student.backward(dy, x, [(W, rng.normal(4))])
    off, by_step = dx - dy @ W.T, dy @ (x.T @ dy).T
    rate = float(np.sum(off * by_step) / np.sum(by_step * by_step))
    return np.allclose(dW, x.T @ dy) and rate < -1e-9 and np.allclose(off, rate * by_step, rtol=1e-6, atol=1e-12)


@mistake("output_overwritten", checks=("arguments_unchanged",))
def output_overwritten(student, reference, rng):
    y, targets = rng.normal(5, 2), rng.normal(5, 2)
    return not np.array_equal(observe(student.loss_backward, y, targets).args_after[0], y)


@mistake("parameters_in_place", checks=("arguments_unchanged",))
def parameters_in_place(student, reference, rng):
    parameters = [(rng.normal(3, 4), rng.normal(4)), (rng.normal(4, 2), rng.normal(2))]
    gradients = [(rng.normal(3, 4), rng.normal(4)), (rng.normal(4, 2), rng.normal(2))]
    after = observe(student.step, parameters, gradients, 0.5).args_after[0]
    pairs = zip(after, parameters, strict=True)
    return any(not np.array_equal(mine, sent) for pair in pairs for mine, sent in zip(*pair, strict=True))

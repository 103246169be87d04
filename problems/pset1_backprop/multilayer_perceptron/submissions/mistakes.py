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

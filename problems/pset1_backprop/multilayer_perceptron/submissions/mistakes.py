"""How to recognise the mistakes that show in what an argument is after the call."""

import numpy as np

from grader.authoring import mistake, observe


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

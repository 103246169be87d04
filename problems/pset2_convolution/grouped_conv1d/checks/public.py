"""Public checks: the handout's worked example, and three laws of groups."""

import numpy as np

from grader.authoring import check, expect

CLOSE = {"rtol": 1e-9, "atol": 1e-11}
# The worked example of the handout: two channels, two groups, one filter of two taps in each.
X = np.array([[[1.0, 2.0, 4.0], [3.0, 0.0, 5.0]]])
W = np.array([[[1.0, -1.0]], [[2.0, 1.0]]])
B = np.array([0.0, 10.0])
DY = np.array([[[1.0, 2.0], [1.0, 0.0]]])


@check("Worked example: the output", points=0)
def example_forward(student, reference, rng):
    wanted = np.array([[[-1.0, -2.0], [16.0, 15.0]]])
    expect.close(student.conv1d_forward(X, W, B, groups=2), wanted, what="y", **CLOSE)


@check("Worked example: the gradients", points=0)
def example_backward(student, reference, rng):
    wanted = (
        np.array([[[1.0, 1.0, -2.0], [2.0, 1.0, 0.0]]]),
        np.array([[[5.0, 10.0]], [[3.0, 0.0]]]),
        np.array([3.0, 1.0]),
    )
    got = student.conv1d_backward(DY, X, W, groups=2)
    expect.close(got, wanted, what=("dx", "dw", "db"), **CLOSE)


@check("Two groups are one group whose kernel is zero between them", points=0)
def block_diagonal(student, reference, rng):
    x, w, b = rng.normal(2, 4, 9), rng.normal(6, 2, 3), rng.normal(6)
    whole = np.zeros((6, 4, 3))
    whole[:3, :2], whole[3:, 2:] = w[:3], w[3:]
    wanted = student.conv1d_forward(x, whole, b, 2, 1, 2, 1)
    expect.close(student.conv1d_forward(x, w, b, 2, 1, 2, 2), wanted, what="y of two groups", **CLOSE)


@check("Everything at once, forward", points=0)
def everything(student, reference, rng):
    arguments = (rng.normal(2, 6, 11), rng.normal(9, 2, 3), rng.normal(9), 2, 2, 3, 3)
    wanted = reference.conv1d_forward(*arguments)
    expect.close(student.conv1d_forward(*arguments), wanted, what="y", **CLOSE)


@check("The backward pass is the adjoint of your own forward pass", points=0)
def adjoint(student, reference, rng):
    x, w = rng.normal(2, 4, 10), rng.normal(6, 2, 3)
    for settings in ((1, 0, 1, 2), (2, 0, 1, 2), (1, 2, 1, 2), (1, 0, 3, 2)):
        y = student.conv1d_forward(x, w, np.zeros(6), *settings)
        dy = rng.normal(*y.shape)
        dx, dw, _ = student.conv1d_backward(dy, x, w, *settings)
        for gradient, array, name in ((dx, x, "dx"), (dw, w, "dw")):
            expect.shape(gradient, array.shape, what=name)
            # y is linear in x, and in w: both give the number that y and dy give.
            got, wanted = float((gradient * array).sum()), float((y * dy).sum())
            expect.close(got, wanted, what=f"The sum of {name} times what it belongs to", **CLOSE)

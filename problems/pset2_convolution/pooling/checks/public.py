"""Public checks: the handout's worked example, and tests of the backward passes that you can keep."""

import numpy as np

from grader.authoring import check, expect

# The worked example of the handout: one image, one channel.
X = np.array([[[[1.0, 5.0, 2.0, 0.0], [3.0, 4.0, 2.0, -1.0]]]])
DY = np.array([[[[10.0, 20.0]]]])
SIDE_BY_SIDE = ((2, 2), (2, 2), (0, 0))


@check("Worked example: the maxima are 5 and 2, the means 3.25 and 0.75", points=0)
def example_forward(student, reference, rng):
    y = student.max_pool_forward(X, *SIDE_BY_SIDE)
    expect.close(y, np.array([[[[5.0, 2.0]]]]), what="y of max pooling", rtol=1e-9, atol=1e-12)
    y = student.avg_pool_forward(X, *SIDE_BY_SIDE)
    expect.close(y, np.array([[[[3.25, 0.75]]]]), what="y of average pooling", rtol=1e-9, atol=1e-12)


@check("Worked example: the gradient of max pooling, with a tie in the second window", points=0)
def example_max_backward(student, reference, rng):
    dx = student.max_pool_backward(DY, X, *SIDE_BY_SIDE)
    wanted = np.array([[[[0.0, 10.0, 20.0, 0.0], [0.0, 0.0, 0.0, 0.0]]]])
    expect.close(dx, wanted, what="dx", rtol=1e-9, atol=1e-12)


@check("Worked example: the gradient of average pooling", points=0)
def example_avg_backward(student, reference, rng):
    dx = student.avg_pool_backward(DY, X, *SIDE_BY_SIDE)
    wanted = np.array([[[[2.5, 2.5, 5.0, 5.0], [2.5, 2.5, 5.0, 5.0]]]])
    expect.close(dx, wanted, what="dx", rtol=1e-9, atol=1e-12)


@check("Worked example: with padding, the corner windows see one pixel each", points=0)
def example_padding(student, reference, rng):
    x, settings = np.array([[[[-1.0, -2.0], [-3.0, -4.0]]]]), ((2, 2), (2, 2), (1, 1))
    for function in ("max_pool_forward", "avg_pool_forward"):
        expect.close(getattr(student, function)(x, *settings), x, what="y", rtol=1e-9, atol=1e-12)


@check("Everything at once: windows that overlap, strides and padding that differ", points=0)
def everything(student, reference, rng):
    x, settings = rng.normal(2, 3, 7, 8), ((3, 2), (2, 1), (1, 1))
    for kind in ("max", "avg"):
        wanted = getattr(reference, f"{kind}_pool_forward")(x, *settings)
        got = getattr(student, f"{kind}_pool_forward")(x, *settings)
        expect.close(got, wanted, what=f"y of {kind} pooling", rtol=1e-9, atol=1e-11)


@check("Your gradients agree with finite differences of your own forward passes", points=0)
def gradient_check(student, reference, rng):
    x, settings, step = rng.normal(1, 1, 4, 4), ((3, 3), (1, 1), (0, 0)), 1e-6
    dy = rng.normal(1, 1, 2, 2)
    for kind in ("max", "avg"):
        dx = getattr(student, f"{kind}_pool_backward")(dy, x, *settings)
        forward, slopes = getattr(student, f"{kind}_pool_forward"), np.zeros(x.shape)
        for index in np.ndindex(x.shape):
            nudge = np.zeros(x.shape)
            nudge[index] = step
            change = forward(x + nudge, *settings) - forward(x - nudge, *settings)
            slopes[index] = (change * dy).sum() / (2 * step)
        expect.close(dx, slopes, what=f"dx of {kind} pooling", rtol=1e-6, atol=1e-7)

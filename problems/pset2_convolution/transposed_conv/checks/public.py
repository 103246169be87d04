"""Public checks: the handout's worked example, and laws that you can test by yourself."""

import numpy as np

from grader.authoring import check, expect

CLOSE = {"rtol": 1e-9, "atol": 1e-11}
# The worked example of the handout: one image, one channel in, one out.
X = np.array([[[[1.0, 2.0]]]])
W = np.array([[[[1.0, 10.0, 100.0]]]])


@check("Worked example: stride 2, the stamps meet in one pixel", points=0)
def example(student, reference, rng):
    y = student.conv_transpose2d_forward(X, W, np.zeros(1), (1, 2), (0, 0))
    expect.close(y, np.array([[[[1.0, 10.0, 102.0, 20.0, 200.0]]]]), what="y", **CLOSE)


@check("Worked example: padding cuts off", points=0)
def example_of_padding(student, reference, rng):
    y = student.conv_transpose2d_forward(X, W, np.ones(1), (1, 2), (0, 1))
    expect.close(y, np.array([[[[11.0, 103.0, 21.0]]]]), what="y", **CLOSE)


@check("Worked example: the gradients", points=0)
def example_of_gradients(student, reference, rng):
    dy = np.array([[[[1.0, 0.0, 3.0, 0.0, 5.0]]]])
    wanted = (np.array([[[[301.0, 503.0]]]]), np.array([[[[7.0, 0.0, 13.0]]]]), np.array([9.0]))
    got = student.conv_transpose2d_backward(dy, X, W, (1, 2), (0, 0))
    expect.close(got, wanted, what=("dx", "dw", "db"), **CLOSE)


@check("Two images, several channels: everything at once", points=0)
def everything(student, reference, rng):
    arguments = (rng.normal(2, 3, 4, 5), rng.normal(3, 2, 4, 3), rng.normal(2), (2, 3), (1, 0))
    wanted = reference.conv_transpose2d_forward(*arguments)
    expect.close(student.conv_transpose2d_forward(*arguments), wanted, what="y", **CLOSE)


@check("The backward pass is the adjoint of your own forward pass", points=0)
def adjoint(student, reference, rng):
    x, w, b = rng.normal(2, 3, 4, 3), rng.normal(3, 2, 3, 2), np.zeros(2)
    for settings in (((1, 1), (0, 0)), ((2, 3), (0, 0)), ((2, 1), (1, 0))):
        y = student.conv_transpose2d_forward(x, w, b, *settings)
        dy = rng.normal(*y.shape)
        dx, dw, _ = student.conv_transpose2d_backward(dy, x, w, *settings)
        total = float((y * dy).sum())
        expect.close(float((x * dx).sum()), total, what="sum(x * dx)", rtol=1e-9, atol=1e-9)
        expect.close(float((w * dw).sum()), total, what="sum(w * dw)", rtol=1e-9, atol=1e-9)


@check("Upsampling a single pixel, and back", points=0)
def one_pixel(student, reference, rng):
    expect.close(
        student.upsample_nearest(np.full((1, 1, 1, 1), 7.0), (2, 3)), np.full((1, 1, 2, 3), 7.0), what="y"
    )
    dx = student.upsample_nearest_backward(np.ones((1, 1, 2, 3)), (2, 3))
    expect.close(dx, np.full((1, 1, 1, 1), 6.0), what="dx", **CLOSE)

"""Public checks: the handout's worked example, and a test of the backward pass that you can keep."""

import numpy as np

from grader.authoring import check, expect

# The worked example of the handout: one image, one channel, one filter.
X = np.array([[[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]]])
W = np.array([[[[1.0, 0.0], [0.0, -1.0]]]])
B = np.array([10.0])
DY = np.array([[[[1.0, 2.0]]]])


@check("Worked example: the output is 6, 6", points=0)
def example_forward(student, reference, rng):
    y = student.conv2d_forward(X, W, B)
    expect.close(y, np.array([[[[6.0, 6.0]]]]), what="y", rtol=1e-9, atol=1e-12)


@check("Worked example: a stride of two columns leaves one output", points=0)
def example_stride(student, reference, rng):
    y = student.conv2d_forward(X, W, B, (1, 2), (0, 0), (1, 1))
    expect.close(y, np.array([[[[6.0]]]]), what="y", rtol=1e-9, atol=1e-12)


@check("Worked example: the gradients are those of the handout", points=0)
def example_backward(student, reference, rng):
    wanted = (
        np.array([[[[1.0, 2.0, 0.0], [0.0, -1.0, -2.0]]]]),
        np.array([[[[5.0, 8.0], [14.0, 17.0]]]]),
        np.array([3.0]),
    )
    got = student.conv2d_backward(DY, X, W)
    expect.close(got, wanted, what=("dx", "dw", "db"), rtol=1e-9, atol=1e-12)


@check("A single pixel with padding shows where the zeros go", points=0)
def one_pixel(student, reference, rng):
    # One pixel of value 1 amid zeros: the output is the kernel, seen from the pixel.
    x, w = np.ones((1, 1, 1, 1)), np.arange(1.0, 10.0).reshape(1, 1, 3, 3)
    y = student.conv2d_forward(x, w, np.zeros(1), (1, 1), (2, 2), (1, 1))
    expect.close(y, w[:, :, ::-1, ::-1].copy(), what="y", rtol=1e-9, atol=1e-12)


@check("Two images, several channels: the forward pass with everything at once", points=0)
def everything_forward(student, reference, rng):
    arguments = (rng.normal(2, 3, 8, 9), rng.normal(4, 3, 3, 2), rng.normal(4), (2, 3), (1, 2), (2, 1))
    wanted = reference.conv2d_forward(*arguments)
    expect.close(student.conv2d_forward(*arguments), wanted, what="y", rtol=1e-9, atol=1e-11)


@check("The backward pass is the adjoint of your own forward pass", points=0)
def adjoint(student, reference, rng):
    x, w, b = rng.normal(2, 3, 6, 7), rng.normal(4, 3, 3, 2), np.zeros(4)
    for settings in (((1, 1), (0, 0), (1, 1)), ((2, 1), (0, 0), (1, 1)), ((1, 1), (1, 2), (1, 1))):
        y = student.conv2d_forward(x, w, b, *settings)
        dy = rng.normal(*y.shape)
        dx, dw, _ = student.conv2d_backward(dy, x, w, *settings)
        expect.shape(dx, x.shape, what="dx")
        expect.shape(dw, w.shape, what="dw")
        # y is linear in x and in w, so both of these sums are the same number as sum(y * dy).
        total = float((y * dy).sum())
        expect.close(float((x * dx).sum()), total, what="sum(x * dx)", rtol=1e-9, atol=1e-9)
        expect.close(float((w * dw).sum()), total, what="sum(w * dw)", rtol=1e-9, atol=1e-9)

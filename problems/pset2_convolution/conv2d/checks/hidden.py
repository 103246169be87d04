"""Hidden checks. Each charges for one property, on inputs where the other mistakes make no difference.

The forward pass and the three gradients are judged without stride, padding or dilation. Those three are then
judged with a kernel that flipping leaves the same, no bias and a single image.
"""

from typing import NamedTuple

import numpy as np

from grader.authoring import check, expect, observe

# Right answers that are written differently, even by Fourier transform, use less than a thousandth of this.
TOLERANCE = {"rtol": 1e-9, "atol": 1e-11}


class Settings(NamedTuple):
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int] = (0, 0)
    dilation: tuple[int, int] = (1, 1)


PLAIN = Settings()


class Sizes(NamedTuple):
    image: tuple[int, int]
    kernel: tuple[int, int]
    output: tuple[int, int]


def _sizes(rng, settings, *, remainder=True):
    """Sizes of image, kernel and output that fit the settings.

    With a remainder, a stride of s > 1 leaves 1 to s - 1 rows or columns that no window covers.
    """
    kernel, outputs = rng.sizes(2, 2, 5), rng.sizes(2, 4, 8)
    image = []
    for k, o, s, p, d in zip(kernel, outputs, *settings, strict=True):
        uncovered = int(rng.integers(1, s, ())) if remainder and s > 1 else 0
        image.append(s * (o - 1) + d * (k - 1) + 1 + uncovered - 2 * p)
    return Sizes(tuple(image), kernel, outputs)


def _symmetric(rng, *shape):
    """A random kernel that is the same after flipping both of its axes."""
    half = rng.normal(*shape)
    return half + half[:, :, ::-1, ::-1]


def _one_of_three(student, arguments, position):
    """One of the gradients that conv2d_backward returns, so that each can be charged alone."""
    gradients = student.conv2d_backward(*arguments)
    three = isinstance(gradients, tuple | list) and len(gradients) == 3
    expect.that(three, "conv2d_backward must return the three gradients (dx, dw, db).")
    return gradients[position]


def _expect_forward_follows(student, reference, rng, settings, *, remainder=True):
    """Right for a single image, a symmetric kernel and no bias, so that only the settings are on trial."""
    f, c = rng.sizes(2, 1, 5)
    sizes = _sizes(rng, settings, remainder=remainder)
    x, w, b = rng.normal(1, c, *sizes.image), _symmetric(rng, f, c, *sizes.kernel), np.zeros(f)
    wanted = reference.conv2d_forward(x, w, b, *settings)
    expect.close(student.conv2d_forward(x, w, b, *settings), wanted, what="y", **TOLERANCE)


@check("The forward pass is right", points=2)
def forward(student, reference, rng):
    n, f, c = rng.sizes(3, 2, 6)
    image, kernel, _ = _sizes(rng, PLAIN)
    for x_shape, w_shape in (
        ((n, c, *image), (f, c, *kernel)),
        ((1, c, *image), (1, c, *image)),  # the kernel covers the image: one output
        ((n, 1, *image), (f, 1, 1, 1)),
    ):
        x, w, b = rng.normal(*x_shape), rng.normal(*w_shape), rng.normal(w_shape[0])
        wanted = reference.conv2d_forward(x, w, b, *PLAIN)
        expect.close(student.conv2d_forward(x, w, b, *PLAIN), wanted, what="y", **TOLERANCE)


@check("The stride moves the kernel in both directions", points=1)
def stride(student, reference, rng):
    first, second = rng.sizes(2, 1, 4)
    for pair in ((first, second), (second, first)):
        _expect_forward_follows(student, reference, rng, Settings(stride=pair))
    _expect_forward_follows(student, reference, rng, Settings(stride=(2, 3)), remainder=False)


@check("The padding puts zeros on all four sides", points=1)
def padding(student, reference, rng):
    first, second = rng.sizes(2, 0, 3)
    for pair in ((first, second), (second, first)):
        _expect_forward_follows(student, reference, rng, Settings(padding=pair))


@check("The dilation spreads the kernel in both directions", points=1)
def dilation(student, reference, rng):
    first, second = rng.sizes(2, 1, 4)
    for pair in ((first, second), (second, first)):
        _expect_forward_follows(student, reference, rng, Settings(dilation=pair))


def _plain_backward_arguments(rng):
    n, f, c = rng.sizes(3, 2, 6)
    sizes = _sizes(rng, PLAIN)
    return rng.normal(n, f, *sizes.output), rng.normal(n, c, *sizes.image), rng.normal(f, c, *sizes.kernel)


@check("The gradient with respect to the input is right", points=1)
def gradient_of_input(student, reference, rng):
    arguments = (*_plain_backward_arguments(rng), *PLAIN)
    dx = _one_of_three(student, arguments, 0)
    expect.close(dx, reference.conv2d_backward(*arguments)[0], what="dx", **TOLERANCE)


@check("The gradient with respect to the kernel is right", points=1)
def gradient_of_kernel(student, reference, rng):
    arguments = (*_plain_backward_arguments(rng), *PLAIN)
    dw = _one_of_three(student, arguments, 1)
    expect.close(dw, reference.conv2d_backward(*arguments)[1], what="dw", **TOLERANCE)


@check("The gradient with respect to the bias is right", points=1)
def gradient_of_bias(student, reference, rng):
    arguments = (*_plain_backward_arguments(rng), *PLAIN)
    db = _one_of_three(student, arguments, 2)
    expect.close(db, reference.conv2d_backward(*arguments)[2], what="db", **TOLERANCE)


@check("The gradients follow stride, padding and dilation", points=1)
def gradients_follow_settings(student, reference, rng):
    small, large = sorted(rng.sizes(2, 1, 4))
    for settings in (
        Settings(stride=(small, large)),
        Settings(padding=(1, 2)),
        Settings(dilation=(large, small)),
        Settings(stride=(large, small), padding=(2, 1), dilation=(1, 2)),
        Settings(padding=(2, 0)),
    ):
        f, c = rng.sizes(2, 1, 5)
        sizes = _sizes(rng, settings)
        dy, x = rng.normal(1, f, *sizes.output), rng.normal(1, c, *sizes.image)
        w = _symmetric(rng, f, c, *sizes.kernel)
        arguments = (dy, x, w, *settings)
        wanted = reference.conv2d_backward(*arguments)
        for position, name in ((0, "dx"), (1, "dw")):
            got = _one_of_three(student, arguments, position)
            expect.close(got, wanted[position], what=name, **TOLERANCE)


@check("Any memory layout and any float dtype will do", points=0.5)
def layout_and_dtype(student, reference, rng):
    f, c = rng.sizes(2, 2, 6)
    sizes = _sizes(rng, PLAIN)
    x, w, b = rng.normal(1, c, *sizes.image), _symmetric(rng, f, c, *sizes.kernel), np.zeros(f)
    for values in (x, rng.permuted(x)):
        got = student.conv2d_forward(values, rng.permuted(w), b, *PLAIN)
        wanted = reference.conv2d_forward(values, w, b, *PLAIN)
        expect.close(got, wanted, what="y of an input that is not contiguous in memory", **TOLERANCE)
    single = [array.astype(np.float32) for array in (x, w, b)]
    y, wanted = student.conv2d_forward(*single, *PLAIN), reference.conv2d_forward(*single, *PLAIN)
    expect.close(y, wanted, what="y of float32 arrays", rtol=1e-4, atol=1e-4)
    dy = rng.normal(1, f, *sizes.output, dtype=np.float32)
    for position, like, name in ((0, single[0], "dx"), (1, single[1], "dw"), (2, single[2], "db")):
        got = _one_of_three(student, (dy, *single[:2], *PLAIN), position)
        # The values were charged above: here only the kind of number is on trial.
        right = getattr(got, "dtype", None) == like.dtype
        expect.that(right, f"{name} of float32 arrays must be a float32 array too.")


@check("The functions leave their arguments unchanged", points=0.5)
def arguments_unchanged(student, reference, rng):
    for settings in (PLAIN, Settings(padding=(1, 2))):
        n, f, c = rng.sizes(3, 2, 5)
        sizes = _sizes(rng, settings)
        x, w, b = rng.normal(n, c, *sizes.image), rng.normal(f, c, *sizes.kernel), rng.normal(f)
        dy = rng.normal(n, f, *sizes.output)
        for function, names, arguments in (
            ("conv2d_forward", ("x", "w", "b"), (x, w, b)),
            ("conv2d_backward", ("dy", "x", "w"), (dy, x, w)),
        ):
            observation = observe(getattr(student, function), *arguments, **settings._asdict())
            expect.unchanged(observation, arguments, what=names)
            changed = (*arguments[:1], 2 * arguments[1], *arguments[2:])
            other = getattr(student, function)(*changed, **settings._asdict())
            # Nothing is earned by a constant: repr compares whatever plain values came back.
            differs = repr(other) != repr(observation.value)
            expect.that(differs, f"{function} gives the same answer for two different inputs.")

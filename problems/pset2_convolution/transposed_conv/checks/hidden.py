"""Hidden checks. Each charges for one property, on inputs where the other mistakes make no difference.

Forward pass and gradients are judged without stride and padding. Those two are judged by laws: with a stride
the output is that of the student's own forward pass for an image with zeros put in, with padding it is the
student's own without, cut off; and so are the gradients.
"""

import numpy as np

from grader.authoring import check, expect, observe

# Right answers that are written differently use less than a thousandth of this.
TOLERANCE = {"rtol": 1e-9, "atol": 1e-11}
PLAIN = ((1, 1), (0, 0))


def _arguments(rng, *, images=2):
    """(x, w, b) whose sizes all differ."""
    c, f = rng.sizes(2, 2, 5)
    rows, columns = rng.sizes(2, 3, 6)
    kernel = rng.sizes(2, 2, 5)
    return rng.normal(images, c, rows, columns), rng.normal(c, f, *kernel), rng.normal(f)


def _cotangent(rng, x, w):
    """dy for a forward pass without stride and padding."""
    sizes = (n + k - 1 for n, k in zip(x.shape[2:], w.shape[2:], strict=True))
    return rng.normal(x.shape[0], w.shape[1], *sizes)


def _one_of_three(student, arguments, position):
    """One of the gradients, so that each can be charged alone."""
    gradients = student.conv_transpose2d_backward(*arguments)
    three = isinstance(gradients, tuple | list) and len(gradients) == 3
    expect.that(three, "conv_transpose2d_backward must return the three gradients (dx, dw, db).")
    return gradients[position]


def _varies(y):
    return np.size(y) > 0 and np.ptp(y) > 0


def _with_zeros_between(x, stride):
    """The image whose transposed convolution without a stride is that of ``x`` with it."""
    sizes = (s * (n - 1) + 1 for n, s in zip(x.shape[2:], stride, strict=True))
    spread = np.zeros((*x.shape[:2], *sizes))
    spread[:, :, :: stride[0], :: stride[1]] = x
    return spread


@check("The forward pass is right", points=2)
def forward(student, reference, rng):
    for images in (2, 1):
        arguments = (*_arguments(rng, images=images), *PLAIN)
        wanted = reference.conv_transpose2d_forward(*arguments)
        expect.close(student.conv_transpose2d_forward(*arguments), wanted, what="y", **TOLERANCE)


@check("The stride spreads the stamps in both directions", points=1.5)
def stride(student, reference, rng):
    x, w, b = _arguments(rng)
    first, second = rng.sizes(2, 2, 5)
    # A kernel of one entry is smaller than the stride: it leaves pixels that no stamp reaches.
    for kernel, pair in (
        (w, (first, second)),
        (w, (second, first)),
        (w[:, :, :1, :1].copy(), (first, second)),
    ):
        spread = _with_zeros_between(x, pair)
        wanted = student.conv_transpose2d_forward(spread, kernel, b, *PLAIN)
        expect.that(_varies(wanted), "All of y is the same.")
        got = student.conv_transpose2d_forward(x, kernel, b, pair, (0, 0))
        expect.close(got, wanted, what="y with a stride", **TOLERANCE)


@check("Padding cuts rows and columns off on all four sides", points=1)
def padding(student, reference, rng):
    x, w, b = _arguments(rng)
    for rows, columns in ((1, 0), (0, 1), (1, 2)):
        uncut = student.conv_transpose2d_forward(x, w, b, (2, 2), (0, 0))
        expect.that(_varies(uncut), "All of y is the same.")
        wanted = uncut[:, :, rows : uncut.shape[2] - rows, columns : uncut.shape[3] - columns].copy()
        got = student.conv_transpose2d_forward(x, w, b, (2, 2), (rows, columns))
        expect.close(got, wanted, what="y with padding", **TOLERANCE)


@check("The gradient with respect to the input is right", points=1)
def gradient_of_input(student, reference, rng):
    x, w, _ = _arguments(rng)
    arguments = (_cotangent(rng, x, w), x, w, *PLAIN)
    dx = _one_of_three(student, arguments, 0)
    expect.close(dx, reference.conv_transpose2d_backward(*arguments)[0], what="dx", **TOLERANCE)


@check("The gradient with respect to the kernel is right", points=1)
def gradient_of_kernel(student, reference, rng):
    x, w, _ = _arguments(rng)
    arguments = (_cotangent(rng, x, w), x, w, *PLAIN)
    dw = _one_of_three(student, arguments, 1)
    expect.close(dw, reference.conv_transpose2d_backward(*arguments)[1], what="dw", **TOLERANCE)


@check("The gradient with respect to the bias is right", points=0.5)
def gradient_of_bias(student, reference, rng):
    x, w, _ = _arguments(rng)
    arguments = (_cotangent(rng, x, w), x, w, *PLAIN)
    db = _one_of_three(student, arguments, 2)
    expect.close(db, reference.conv_transpose2d_backward(*arguments)[2], what="db", **TOLERANCE)


@check("The gradients follow stride and padding", points=1)
def gradients_follow_settings(student, reference, rng):
    x, w, b = _arguments(rng)
    for settings in (((2, 3), (0, 0)), ((1, 1), (1, 0)), ((3, 2), (0, 1))):
        y = reference.conv_transpose2d_forward(x, w, 0 * b, *settings)
        dy = rng.normal(*y.shape)
        # By the student's own gradients without settings: zeros put in, and zeros where padding cut off.
        wider = ((0, 0), (0, 0), *((p, p) for p in settings[1]))
        spread = _with_zeros_between(x, settings[0])
        plain = (np.pad(dy, wider), spread, w, *PLAIN)
        for position, name in ((0, "dx"), (1, "dw")):
            wanted = _one_of_three(student, plain, position)
            expect.that(np.any(wanted), f"{name} is zero everywhere.")
            if position == 0:
                expect.shape(wanted, spread.shape, what="dx")
                wanted = wanted[:, :, :: settings[0][0], :: settings[0][1]].copy()
            got = _one_of_three(student, (dy, x, w, *settings), position)
            expect.close(got, wanted, what=f"{name} with stride and padding", **TOLERANCE)


@check("Upsampling repeats every pixel", points=0.5)
def upsampling(student, reference, rng):
    factor = rng.sizes(2, 2, 5)
    x = rng.normal(2, 3, 2, 4)
    wanted = reference.upsample_nearest(x, factor)
    expect.close(student.upsample_nearest(x, factor), wanted, what="y of upsampling", **TOLERANCE)


@check("The gradient of upsampling is the sum over the copies", points=1)
def upsampling_gradient(student, reference, rng):
    for factor in (rng.sizes(2, 2, 5), (1, 3), (2, 1)):
        dy = rng.normal(2, 3, 2 * factor[0], 4 * factor[1])
        wanted = reference.upsample_nearest_backward(dy, factor)
        got = student.upsample_nearest_backward(dy, factor)
        expect.close(got, wanted, what="dx of upsampling", **TOLERANCE)


@check("Arguments stay unchanged, and float32 stays float32", points=0.5)
def unchanged_and_dtype(student, reference, rng):
    x, w, b = _arguments(rng)
    w = w[:, :, :2, :2].copy()  # smaller than the image, so that an ordinary convolution has outputs too
    dy, large = _cotangent(rng, x, w), rng.normal(1, 2, 4, 6)
    for function, names, arguments, extra in (
        ("conv_transpose2d_forward", ("x", "w", "b"), (x, w, b), {}),
        ("conv_transpose2d_backward", ("dy", "x", "w"), (dy, x, w), {}),
        ("upsample_nearest", ("x",), (large,), {"factor": (2, 3)}),
        ("upsample_nearest_backward", ("dy",), (large,), {"factor": (2, 3)}),
    ):
        call = getattr(student, function)
        observation = observe(call, *arguments, **extra)
        expect.unchanged(observation, arguments, what=names)
        # Nothing is earned by a constant: repr compares whatever plain values came back.
        differs = repr(call(*(2 * each for each in arguments), **extra)) != repr(observation.value)
        expect.that(differs, f"{function} gives the same answer for two different inputs.")
        single = call(*(array.astype(np.float32) for array in arguments), **extra)
        for part in single if isinstance(single, tuple | list) else (single,):
            right = getattr(part, "dtype", None) == np.float32
            expect.that(right, f"{function} of float32 arrays must give float32 arrays.")

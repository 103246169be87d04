"""Hidden checks. Each charges for one property, on inputs where the other mistakes make no difference.

A window that is not square is the whole image, so that there is one output and no stride to get wrong; of
several, each is square and they lie side by side. Stride, ties, overlap and the padding of the average are
judged by laws: the student's own answers to an easier question must be met, so that nothing is charged twice.
"""

from typing import NamedTuple

import numpy as np

from grader.authoring import check, expect, observe

# Right answers that are written differently use less than a thousandth of this.
TOLERANCE = {"rtol": 1e-9, "atol": 1e-11}


class Settings(NamedTuple):
    kernel: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int] = (0, 0)


def _side_by_side(size, padding=(0, 0)):
    return Settings((size, size), (size, size), padding)


def _image(rng, settings, outputs, *, batch=2, channels=3):
    """A random image on which the settings give so many outputs, and no row or column is left over."""
    sizes = [s * (o - 1) + k - 2 * p for o, k, s, p in zip(outputs, *settings, strict=True)]
    return rng.normal(batch, channels, *sizes)


def _easy_inputs(rng):
    """Windows that are not square, single pixels, square windows side by side; each with a cotangent."""
    size, rows, columns = rng.sizes(3, 2, 5)
    for settings, outputs in (
        (Settings((rows, columns), (1, 1)), (1, 1)),
        (Settings((columns, rows), (1, 1)), (1, 1)),
        (_side_by_side(1), (4, 3)),
        (_side_by_side(size), (3, 4)),
    ):
        yield settings, _image(rng, settings, outputs), rng.normal(2, 3, *outputs)


def _backward(student, kind, dy, x, settings):
    """The student's gradient, of the right shape."""
    dx = getattr(student, f"{kind}_pool_backward")(dy, x, *settings)
    expect.shape(dx, x.shape, what="dx")
    return dx


def _window_by_window(student, kind, dy, x, settings):
    """The student's own y and dx, put together from windows that are each an image of its own."""
    y, dx = np.zeros_like(dy), np.zeros_like(x)
    for i, j in np.ndindex(*dy.shape[2:]):
        starts = (i * settings.stride[0] - settings.padding[0], j * settings.stride[1] - settings.padding[1])
        rows, columns = (
            slice(max(start, 0), min(start + size, length))
            for start, size, length in zip(starts, settings.kernel, x.shape[2:], strict=True)
        )
        window, part = x[:, :, rows, columns].copy(), dy[:, :, i : i + 1, j : j + 1].copy()
        alone = Settings(window.shape[2:], (1, 1))
        value = getattr(student, f"{kind}_pool_forward")(window, *alone)
        expect.shape(value, part.shape, what="y of an image that is one window")
        y[:, :, i, j] = value[:, :, 0, 0]
        dx[:, :, rows, columns] += _backward(student, kind, part, window, alone)
    return y, dx


@check("Each output of max pooling is the largest value of its window", points=1.5)
def max_forward(student, reference, rng):
    for settings, x, _ in _easy_inputs(rng):
        wanted = reference.max_pool_forward(x, *settings)
        expect.close(student.max_pool_forward(x, *settings), wanted, what="y", **TOLERANCE)


@check("Padding never wins in max pooling", points=1)
def max_padding(student, reference, rng):
    (size,) = rng.sizes(1, 3, 5)
    for padding in ((1, size - 1), (size - 1, 1)):
        settings = _side_by_side(size, padding)
        x = -np.abs(_image(rng, settings, (3, 3)))  # all below the zeros that somebody may have padded with
        wanted = reference.max_pool_forward(x, *settings)
        expect.close(student.max_pool_forward(x, *settings), wanted, what="y", **TOLERANCE)
    # Two by two outputs: every window is a corner, cut to a square by the same padding on all sides.
    settings = _side_by_side(size, (size // 2, size // 2))
    x, dy = -np.abs(_image(rng, settings, (2, 2))), rng.normal(2, 3, 2, 2)
    _, dx = _window_by_window(student, "max", dy, x, settings)
    expect.that(np.any(dx), "The gradient of max pooling is zero everywhere.")
    expect.close(_backward(student, "max", dy, x, settings), dx, what="dx with padding", **TOLERANCE)


@check("The stride moves the window in both directions, and what it leaves over is ignored", points=1)
def stride(student, reference, rng):
    first, second = rng.sizes(2, 1, 4)
    for pair in ((first, second), (second, first)):
        settings = Settings((3, 3), pair)
        x = _image(rng, settings, (4, 4))
        # With a stride of s, up to s - 1 rows or columns at the end meet no window.
        x = np.pad(x, [(0, 0), (0, 0), (0, pair[0] - 1), (0, pair[1] - 1)], constant_values=100.0)
        for kind in ("max", "avg"):
            forward = getattr(student, f"{kind}_pool_forward")
            each_place, y = forward(x, (3, 3), (1, 1), (0, 0)), forward(x, *settings)
            expect.shape(y, (2, 3, 4, 4), what="y")
            # A stride leaves outputs out; those that stay are the student's own with a stride of one.
            wanted = each_place[:, :, :: pair[0], :: pair[1]][:, :, :4, :4].copy()
            expect.close(y, wanted, what="y with a stride", **TOLERANCE)
            expect.that(np.ptp(y) > 0, f"All outputs of {kind} pooling are the same.")
    # Padded by as much as the window moves: a row too many outside would be a window too many.
    for pair in ((1, 2), (2, 1)):
        settings = Settings((3, 3), pair, (1, 1))
        x = _image(rng, settings, (4, 4))
        for kind in ("max", "avg"):
            forward = getattr(student, f"{kind}_pool_forward")
            each_place, y = forward(x, (3, 3), (1, 1), (1, 1)), forward(x, *settings)
            expect.shape(y, (2, 3, 4, 4), what="y")
            wanted = each_place[:, :, :: pair[0], :: pair[1]][:, :, :4, :4].copy()
            expect.close(y, wanted, what="y with a stride", **TOLERANCE)
    # The gradients of windows that do not overlap, by the student's own for each window.
    for pair in ((2, 3), (3, 2)):
        settings = Settings((2, 2), pair)
        x, dy = _image(rng, settings, (3, 4)), rng.normal(2, 3, 3, 4)
        for kind in ("max", "avg"):
            _, wanted = _window_by_window(student, kind, dy, x, settings)
            expect.that(np.any(wanted), f"The gradient of {kind} pooling is zero everywhere.")
            dx = _backward(student, kind, dy, x, settings)
            expect.close(dx, wanted, what="dx with a stride", **TOLERANCE)


@check("The gradient of max pooling goes to the largest value of each window", points=1.5)
def max_backward(student, reference, rng):
    for settings, x, dy in _easy_inputs(rng):
        x[0, 0, -1, -1] = 10.0  # the last pixel of a window wins somewhere
        dx = _backward(student, "max", dy, x, settings)
        expect.close(dx, reference.max_pool_backward(dy, x, *settings), what="dx", **TOLERANCE)


@check("Of several largest values the first gets the gradient, all of it", points=1)
def ties(student, reference, rng):
    (size,) = rng.sizes(1, 2, 5)
    settings = _side_by_side(size)
    # Whole numbers from a few: every window has ties. As after a ReLU, many of them at zero.
    x = np.maximum(rng.integers(-1, 3, _image(rng, settings, (3, 4)).shape), 0).astype(np.float64)
    x[0, 0] = 0.0
    # Row by row and column by column, other ones come first: every window has its largest next to its corner.
    x[1, 2, ::size, 1::size] = x[1, 2, 1::size, ::size] = 3.0
    x[1, 2, ::size, ::size] = 0.0
    dy = rng.normal(2, 3, 3, 4)
    # Made a little smaller from pixel to pixel in reading order, the first of equal values is the largest.
    order = np.arange(x[0, 0].size).reshape(x.shape[2:])
    wanted = _backward(student, "max", dy, x - 2.0**-20 * order, settings)
    expect.that(np.any(wanted), "The gradient of max pooling is zero everywhere.")
    dx = _backward(student, "max", dy, x, settings)
    expect.close(dx, wanted, what="dx where values are equal", rtol=1e-3, atol=1e-3)


@check("Each output of average pooling is the mean of its window", points=1)
def avg_forward(student, reference, rng):
    for settings, x, _ in _easy_inputs(rng):
        wanted = reference.avg_pool_forward(x, *settings)
        expect.close(student.avg_pool_forward(x, *settings), wanted, what="y", **TOLERANCE)


@check("Padding does not count in average pooling", points=1)
def avg_padding(student, reference, rng):
    (size,) = rng.sizes(1, 3, 6)
    # Two by two outputs: every window is a corner, cut to a square by the same padding on all sides.
    settings = _side_by_side(size, (size // 2, size // 2))
    x, dy = _image(rng, settings, (2, 2)), rng.normal(2, 3, 2, 2)
    y, dx = _window_by_window(student, "avg", dy, x, settings)
    expect.that(np.any(y) and np.any(dx), "The average or its gradient is zero everywhere.")
    expect.close(student.avg_pool_forward(x, *settings), y, what="y with padding", **TOLERANCE)
    expect.close(_backward(student, "avg", dy, x, settings), dx, what="dx with padding", **TOLERANCE)
    uneven = _side_by_side(size, (0, size - 1))
    y = student.avg_pool_forward(_image(rng, uneven, (2, 3)), *uneven)
    expect.shape(y, (2, 3, 2, 3), what="y with padding on the left and right")


@check("The gradient of average pooling is shared evenly by each window's pixels", points=0.5)
def avg_backward(student, reference, rng):
    for settings, x, dy in _easy_inputs(rng):
        dx = _backward(student, "avg", dy, x, settings)
        expect.close(dx, reference.avg_pool_backward(dy, x, *settings), what="dx", **TOLERANCE)


@check("Where windows overlap, gradients add up", points=1)
def overlap(student, reference, rng):
    (size,) = rng.sizes(1, 3, 5)
    settings = Settings((size, size), (1, 1))
    x, dy = _image(rng, settings, (2, 3), batch=1, channels=2), rng.normal(1, 2, 2, 3)
    x[:, :, size // 2, size // 2] = 10.0  # wins in several windows
    for kind in ("max", "avg"):
        _, dx = _window_by_window(student, kind, dy, x, settings)
        expect.that(np.any(dx), f"The gradient of {kind} pooling is zero everywhere.")
        together = _backward(student, kind, dy, x, settings)
        expect.close(together, dx, what="dx of overlapping windows", **TOLERANCE)


@check("Arguments stay unchanged, and float32 stays float32", points=0.5)
def unchanged_and_dtype(student, reference, rng):
    settings = Settings((2, 2), (2, 2), (1, 1))
    x, dy = _image(rng, settings, (3, 4)), rng.normal(2, 3, 3, 4)
    single, single_dy = x.astype(np.float32), dy.astype(np.float32)
    for kind in ("max", "avg"):
        forward, backward = f"{kind}_pool_forward", f"{kind}_pool_backward"
        for function, names, arguments, singles in (
            (forward, ("x",), (x,), (single,)),
            (backward, ("dy", "x"), (dy, x), (single_dy, single)),
        ):
            call = getattr(student, function)
            observation = observe(call, *arguments, **settings._asdict())
            expect.unchanged(observation, arguments, what=names)
            # Nothing is earned by a constant: repr compares whatever plain values came back.
            other = call(3 * arguments[0], *arguments[1:], *settings)
            differs = repr(other) != repr(observation.value)
            expect.that(differs, f"{function} gives the same answer for two different inputs.")
            dtype = getattr(call(*singles, *settings), "dtype", None)
            expect.that(dtype == np.float32, f"{function} of float32 arrays must give a float32 array.")

"""Hidden checks. Each charges for one property, on inputs where the other mistakes make no difference.

The layers are judged by the student's own correlation. Whether the group layer turns its planes is judged
with planes that are all the same, and whether it moves them along, with filters of a single pixel.
"""

import numpy as np

from grader.authoring import check, expect, observe, support, value

# Right answers that are written differently use less than a thousandth of this.
TOLERANCE = {"rtol": 1e-9, "atol": 1e-11}


def _sizes(rng):
    """(channels, filters, rows, columns), all different."""
    return *rng.sizes(2, 2, 5), *rng.sizes(2, 5, 9)


def _require_some(array, shape, what):
    expect.shape(array, shape, what=what)
    expect.that(np.any(array), f"{what} is zero everywhere.")


@check("The correlation has zeros around the picture, and keeps its size", points=1.5)
def correlation(student, reference, rng):
    c, f, h, w = _sizes(rng)
    for size in (1, 3, 5):
        x, kernel = rng.normal(c, h, w), rng.normal(f, c, size, size)
        wanted = reference.correlate(x, kernel)
        expect.close(student.correlate(x, kernel), wanted, what="The correlation", **TOLERANCE)


@check("A shift moves down and to the right, and zeros come in", points=1)
def shifts(student, reference, rng):
    c, _, h, w = _sizes(rng)
    x, (a, b) = rng.normal(c, h, w), rng.sizes(2, 1, 4)
    for rows, columns in ((a, b), (-a, b), (b, -a), (-b, -a), (0, a), (-a, 0)):
        wanted = reference.shift(x, rows, columns)
        expect.close(student.shift(x, rows, columns), wanted, what="The shifted picture", **TOLERANCE)


@check("The translation error is the largest difference inside the margin", points=1.5)
def errors(student, reference, rng):
    c, _, h, w = _sizes(rng)
    rows, columns = rng.sizes(2, 1, 3)
    for name in ("ramp", "mirrored", "every_second", "blur"):
        function = value(support(student), name)
        for sign, margin in ((1, 0), (-1, 1), (1, 2)):
            x, by = sign * rng.normal(c, h, w + 3), (sign * rows, -sign * columns)
            # By the student's own shifts.
            before, after = function(student.shift(x, *by)), student.shift(function(x), *by)
            expect.shape(before, x.shape, what="The shifted picture")
            expect.shape(after, x.shape, what="The shifted result")
            inner = (slice(None), slice(margin, h - margin), slice(margin, w + 3 - margin))
            wanted = float(np.abs(before - after)[inner].max())
            got = student.translation_error(function, x, *by, margin)
            expect.close(got, wanted, what="The translation error", **TOLERANCE)


@check("The lifting layer sees the picture with filters turned counter-clockwise", points=2)
def lifting(student, reference, rng):
    c, f, h, w = _sizes(rng)
    for size in (3, 5):
        x, kernel = rng.normal(c, h, w), rng.normal(f, c, size, size)
        got = student.lift(x, kernel)
        _require_some(got, (4, f, h, w), "What lift returns")
        for r in range(4):
            own = student.correlate(x, np.rot90(kernel, r, axes=(2, 3)).copy())
            expect.close(got[r].copy(), own, what=f"What lift returns for {r} quarter turns", **TOLERANCE)


def _own_sum(student, y, kernels):
    """The sum over the turns of the student's correlations. kernels: one (F, C, K, K) for each plane."""
    parts = [student.correlate(plane.copy(), kernel.copy()) for plane, kernel in zip(y, kernels, strict=True)]
    for part in parts:
        _require_some(part, (kernels[0].shape[0], *y.shape[2:]), "The correlation")
    return parts[0] + parts[1] + parts[2] + parts[3]


@check("The group layer moves its filters' planes along the axis of turns", points=1.5)
def group_axis(student, reference, rng):
    c, f, h, w = _sizes(rng)
    y, kernel = rng.normal(4, c, h, w), rng.normal(f, 4, c, 1, 1)
    got = student.group_correlate(y, kernel)
    _require_some(got, (4, f, h, w), "What group_correlate returns")
    for r in range(4):
        own = _own_sum(student, y, [kernel[:, (s - r) % 4] for s in range(4)])
        expect.close(got[r].copy(), own, what="The group layer with filters of one pixel", **TOLERANCE)


@check("The group layer turns its filters' planes counter-clockwise", points=1)
def group_planes(student, reference, rng):
    c, f, h, w = _sizes(rng)
    y, plane = rng.normal(4, c, h, w), rng.normal(f, c, 3, 3)
    got = student.group_correlate(y, np.repeat(plane[:, None], 4, axis=1))
    _require_some(got, (4, f, h, w), "What group_correlate returns")
    for r in range(4):
        own = _own_sum(student, y, [np.rot90(plane, r, axes=(2, 3))] * 4)
        expect.close(got[r].copy(), own, what="The group layer with all planes the same", **TOLERANCE)


@check("A quarter turn turns the planes and moves them on by one", points=0.5)
def turning(student, reference, rng):
    _, f, h, w = _sizes(rng)
    y = rng.normal(4, f, h, w)
    expect.close(student.turn(y), reference.turn(y), what="The turned features", **TOLERANCE)


@check("Pooling takes the largest over the turns", points=0.5)
def pooling(student, reference, rng):
    _, f, h, w = _sizes(rng)
    y = rng.normal(4, f, h, w) - 1.0
    expect.close(student.pool(y), y.max(axis=0), what="What pool returns", **TOLERANCE)


@check("float32 stays float32, any layout will do, and the arguments stay as they are", points=0.5)
def layout_and_dtype(student, reference, rng):
    c, f, h, w = _sizes(rng)
    x, kernel = rng.normal(c, h, w), rng.normal(f, c, 3, 3)
    y, kernels = rng.normal(4, c, h, w), rng.normal(f, 4, c, 3, 3)
    for function, names, arguments in (
        ("correlate", ("x", "w"), (x, kernel)),
        ("lift", ("x", "w"), (x, kernel)),
        ("group_correlate", ("y", "w"), (y, kernels)),
        ("turn", ("y",), (y,)),
        ("pool", ("y",), (y,)),
    ):
        call = getattr(student, function)
        observation = observe(call, *arguments)
        expect.unchanged(observation, arguments, what=names)
        expect.that(np.any(observation.value), f"What {function} returns is zero everywhere.")
        laid_out = call(*(rng.permuted(array) for array in arguments))
        expect.close(
            laid_out, observation.value, what=f"What {function} returns for another layout", **TOLERANCE
        )
        single = call(*(array.astype(np.float32) for array in arguments))
        right = getattr(single, "dtype", None) == np.float32
        expect.that(right, f"What {function} returns for float32 arrays must be float32.")
    observation = observe(student.shift, x, 1, 2)
    expect.unchanged(observation, (x, 1, 2), what=("x", "rows", "columns"))
    expect.that(np.any(observation.value), "What shift returns is zero everywhere.")

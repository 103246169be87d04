"""Hidden checks. Each charges for one property, on inputs where the other mistakes make no difference.

What one group does is judged against the reference; what several do, by the student's own answers for one.
Stride, padding and dilation are tried with kernels that are the same both ways round, one signal and no bias.
"""

import numpy as np

from grader.authoring import check, expect, observe

# Right answers that are written differently use less than a thousandth of this.
TOLERANCE = {"rtol": 1e-9, "atol": 1e-11}
# (stride, padding, dilation): each alone, and together.
SETTINGS = ((3, 0, 1), (2, 0, 1), (1, 2, 1), (1, 0, 3), (2, 3, 2))


def _length(rng, taps, outputs, stride, padding, dilation, *, exact=False):
    """A length with this many outputs. A stride leaves samples over that no window covers, unless exact."""
    left = int(rng.integers(1, stride)) if stride > 1 and not exact else 0
    return stride * (outputs - 1) + dilation * (taps - 1) + 1 + left - 2 * padding


def _one_group(rng):
    """(dy, x, w, b) without stride, padding or dilation; sizes all differ."""
    n, c, f, k, m = rng.sizes(5, 2, 8)
    return rng.normal(n, f, m), rng.normal(n, c, m + k - 1), rng.normal(f, c, k), rng.normal(f)


def _both_ways(w):
    return w + w[..., ::-1]


def _gradients(student, *arguments):
    found = student.conv1d_backward(*arguments)
    three = isinstance(found, tuple | list) and len(found) == 3
    expect.that(three, "conv1d_backward must return the three gradients (dx, dw, db).")
    return found


@check("One group, forward: every filter sees every channel", points=1)
def forward(student, reference, rng):
    _, x, w, b = _one_group(rng)
    for signals, kernels in ((x, w), (x[:1].copy(), w), (x, w[:, :, :1].copy())):
        wanted = reference.conv1d_forward(signals, kernels, b)
        expect.close(student.conv1d_forward(signals, kernels, b), wanted, what="y", **TOLERANCE)


@check("Stride, padding and dilation, forward", points=1.5)
def forward_settings(student, reference, rng):
    for settings, exact in (*((settings, False) for settings in SETTINGS), ((2, 0, 1), True)):
        c, f, k, m = rng.sizes(4, 2, 7)
        length = _length(rng, k, m + 2, *settings, exact=exact)
        x, w = rng.normal(1, c, length), _both_ways(rng.normal(f, c, k))
        wanted = reference.conv1d_forward(x, w, np.zeros(f), *settings)
        got = student.conv1d_forward(x, w, np.zeros(f), *settings)
        expect.close(got, wanted, what="y", **TOLERANCE)


def _groups(rng):
    """(groups, channels of each, filters of each)."""
    return rng.sizes(3, 2, 5)


@check("The filters of a group see the channels of that group, and no others", points=2)
def groups_forward(student, reference, rng):
    for _ in range(2):
        g, c, f = _groups(rng)
        x, w, b = rng.normal(2, g * c, 7), rng.normal(g * f, c, 3), rng.normal(g * f)
        got = student.conv1d_forward(x, w, b, 1, 0, 1, g)
        expect.shape(got, (2, g * f, 5), what="y of several groups")
        for group in range(g):
            inward, outward = slice(group * c, group * c + c), slice(group * f, group * f + f)
            own = student.conv1d_forward(x[:, inward].copy(), w[outward].copy(), b[outward].copy())
            expect.that(np.any(own), "y of one group is zero everywhere.")
            expect.close(got[:, outward].copy(), own, what="y of a group", **TOLERANCE)


@check("As many groups as channels: one filter for each, or several", points=0.5)
def depthwise(student, reference, rng):
    c, k = rng.sizes(2, 2, 6)
    for filters in (1, 2):
        x, w, none = rng.normal(1, c, 8), _both_ways(rng.normal(filters * c, 1, k)), np.zeros(filters * c)
        wanted = reference.conv1d_forward(x, w, none, 1, 0, 1, c)
        got = student.conv1d_forward(x, w, none, 1, 0, 1, c)
        expect.close(got, wanted, what=f"y with {filters} filter(s) for each channel", **TOLERANCE)


@check("One group: the gradient with respect to x", points=1)
def gradient_of_x(student, reference, rng):
    dy, x, w, _ = _one_group(rng)
    wanted = reference.conv1d_backward(dy, x, w)[0]
    expect.close(_gradients(student, dy, x, w)[0], wanted, what="dx", **TOLERANCE)


@check("One group: the gradient with respect to w", points=1)
def gradient_of_w(student, reference, rng):
    dy, x, w, _ = _one_group(rng)
    wanted = reference.conv1d_backward(dy, x, w)[1]
    expect.close(_gradients(student, dy, x, w)[1], wanted, what="dw", **TOLERANCE)


@check("The gradient with respect to b", points=0.5)
def gradient_of_b(student, reference, rng):
    dy, x, w, _ = _one_group(rng)
    expect.close(_gradients(student, dy, x, w)[2], dy.sum(axis=2).sum(axis=0), what="db", **TOLERANCE)


@check("Stride, padding and dilation, backward", points=1)
def backward_settings(student, reference, rng):
    for settings in SETTINGS:
        c, f, k, m = rng.sizes(4, 2, 7)
        x, w = rng.normal(1, c, _length(rng, k, m + 2, *settings)), _both_ways(rng.normal(f, c, k))
        dy = rng.normal(1, f, m + 2)
        wanted = reference.conv1d_backward(dy, x, w, *settings)
        got = _gradients(student, dy, x, w, *settings)
        for position, name in ((0, "dx"), (1, "dw")):
            expect.close(got[position], wanted[position], what=name, **TOLERANCE)


@check("The gradients of a group come from that group alone", points=1)
def groups_backward(student, reference, rng):
    for _ in range(2):
        g, c, f = _groups(rng)
        dy, x, w = rng.normal(2, g * f, 5), rng.normal(2, g * c, 7), rng.normal(g * f, c, 3)
        dx, dw, _ = _gradients(student, dy, x, w, 1, 0, 1, g)
        expect.shape(dx, x.shape, what="dx")
        expect.shape(dw, w.shape, what="dw")
        for group in range(g):
            inward, outward = slice(group * c, group * c + c), slice(group * f, group * f + f)
            own = _gradients(student, dy[:, outward].copy(), x[:, inward].copy(), w[outward].copy())
            expect.that(np.any(own[0]) and np.any(own[1]), "The gradients of one group are zero.")
            expect.close(dx[:, inward].copy(), own[0], what="dx of a group", **TOLERANCE)
            expect.close(dw[outward].copy(), own[1], what="dw of a group", **TOLERANCE)


@check("Any memory layout, float32 stays float32, and the arguments stay as they are", points=0.5)
def layout_and_dtype(student, reference, rng):
    dy, x, w, b = _one_group(rng)
    plain = student.conv1d_forward(x, w, b, 1, 1)
    expect.that(np.any(plain), "y is zero everywhere.")
    laid_out = student.conv1d_forward(rng.permuted(x), rng.permuted(w), b, 1, 1)
    expect.close(laid_out, plain, what="y of arrays that are not contiguous in memory", **TOLERANCE)
    for function, names, arguments in (
        ("conv1d_forward", ("x", "w", "b"), (x, w, b)),
        ("conv1d_backward", ("dy", "x", "w"), (dy, x, w)),
    ):
        expect.unchanged(observe(getattr(student, function), *arguments), arguments, what=names)
    single = [array.astype(np.float32) for array in (dy, x, w, b)]
    found = (student.conv1d_forward(*single[1:]), *_gradients(student, *single[:3]))
    for name, got in zip(("y", "dx", "dw", "db"), found, strict=True):
        right = getattr(got, "dtype", None) == np.float32
        expect.that(right, f"{name} of float32 arrays must be a float32 array.")

"""How to recognise the mistakes that show in the dtype, or in what an argument is after the call, and
those that are written in many ways: each is compared with all of them."""

from itertools import product

import numpy as np

from grader.authoring import mistake, observe

AXIS = {
    "summed": lambda array, axis: array.sum(axis=axis),
    "averaged": lambda array, axis: array.mean(axis=axis),
    "kept": lambda array, axis: array,
    "the first": lambda array, axis: array.take(0, axis=axis),
    "the last": lambda array, axis: array.take(-1, axis=axis),
}


def _inputs(rng, dtype=np.float64):
    """(x, w, b, dy) of a transposed convolution with stride 2 and no padding."""
    shapes = ((2, 3, 3, 4), (3, 2, 2, 3), (2,), (2, 2, 6, 9))
    return tuple(rng.normal(*shape, dtype=dtype) for shape in shapes)


@mistake("always_float64", checks=("unchanged_and_dtype",))
def always_float64(student, reference, rng):
    x, w, b, dy = _inputs(rng, np.float32)
    results = [student.conv_transpose2d_forward(x, w, b, (2, 2)), student.upsample_nearest(x, (2, 3))]
    results += student.conv_transpose2d_backward(dy, x, w, (2, 2))
    results.append(student.upsample_nearest_backward(dy, (2, 3)))
    dtypes = {result.dtype for result in results}
    return np.dtype(np.float64) in dtypes and dtypes <= {np.dtype(np.float32), np.dtype(np.float64)}


@mistake("input_overwritten", checks=("unchanged_and_dtype",))
def input_overwritten(student, reference, rng):
    x, w, b, _ = _inputs(rng)
    return not np.array_equal(observe(student.conv_transpose2d_forward, x, w, b, (2, 2)).args_after[0], x)


def _same(one, other):
    return np.shape(one) == np.shape(other) and np.allclose(one, other, rtol=1e-9, atol=1e-11)


def _fitted(array, size):
    """The array cut off, or filled up with zeros, at the end of its rows and columns."""
    found = np.zeros((*array.shape[:2], *size))
    rows, columns = (min(have, want) for have, want in zip(array.shape[2:], size, strict=True))
    found[:, :, :rows, :columns] = array[:, :, :rows, :columns]
    return found


def _one_or_both(got, right, wrong):
    """Whether each of the gradients is right or wrong in this way, and not all are right."""
    each = zip(got, right, wrong, strict=True)
    return not all(map(_same, got, right)) and all(_same(one, a) or _same(one, b) for one, a, b in each)


@mistake("repeats_for_zeros", checks=("stride",))
def repeats_for_zeros(student, reference, rng):
    x, w, b, _ = _inputs(rng)
    got = student.conv_transpose2d_forward(x, w, b, (2, 3))
    wide = x.repeat(2, axis=2).repeat(3, axis=3)
    return any(
        _same(got, reference.conv_transpose2d_forward(each, w, b))
        for each in (wide, wide[:, :, :-1, :-2].copy())
    )


@mistake("stride_not_a_pair", checks=("stride",))
def stride_not_a_pair(student, reference, rng):
    x, w, b, _ = _inputs(rng)
    got = student.conv_transpose2d_forward(x, w, b, (2, 3))
    size = reference.conv_transpose2d_forward(x, w, b, (2, 3)).shape[2:]
    for pair in ((2, 2), (3, 3), (3, 2), (2, 1), (1, 3)):
        y = reference.conv_transpose2d_forward(x, w, 0 * b, pair)
        if any(_same(got, each + b[:, None, None]) for each in (y, _fitted(y, size))):
            return True
    return False


@mistake("output_size_off", checks=("forward", "stride"))
def output_size_off(student, reference, rng):
    # Stamps that overlap, so that the last ones reach further than a stride.
    x, w, b = rng.normal(2, 3, 3, 4), rng.normal(3, 2, 3, 5), rng.normal(2)
    got = student.conv_transpose2d_forward(x, w, b, (2, 3))
    y = reference.conv_transpose2d_forward(x, w, 0 * b, (2, 3))
    if got.shape == y.shape or got.shape[2] < 5 or got.shape[3] < 10:
        return False  # every stamp must at least begin
    return _same(got, _fitted(y, got.shape[2:]) + b[:, None, None])


@mistake("padding_cut_unevenly", checks=("padding",))
def padding_cut_unevenly(student, reference, rng):
    x, w, b, _ = _inputs(rng)
    got = student.conv_transpose2d_forward(x, w, b, (2, 2), (1, 2))
    whole = reference.conv_transpose2d_forward(x, w, b, (2, 2))

    def ways(right, other):
        """(before, behind) on one axis."""
        some = ((0, 0), (right, 0), (0, right), (2 * right, 0), (0, 2 * right))
        return (*some, (right, right), (other, other))

    for (above, below), (left, behind) in product(ways(1, 2), ways(2, 1)):
        cut = whole[:, :, above : whole.shape[2] - below, left : whole.shape[3] - behind]
        uneven = (above, below, left, behind) not in ((1, 1, 2, 2), (2, 2, 1, 1))
        if uneven and _same(got, cut):
            return True
    return False


@mistake("padding_cut_by_minus_zero", checks=("forward", "stride", "padding", "unchanged_and_dtype"))
def padding_cut_by_minus_zero(student, reference, rng):
    x, w, b, _ = _inputs(rng)
    if np.size(student.conv_transpose2d_forward(x, w, b, (2, 2), (1, 0))):
        return False
    return _same(*(each.conv_transpose2d_forward(x, w, b, (2, 2), (1, 1)) for each in (student, reference)))


@mistake("backward_stride_not_a_pair", checks=("gradients_follow_settings",))
def backward_stride_not_a_pair(student, reference, rng):
    x, w, _, _ = _inputs(rng)
    dy = rng.normal(2, 2, 6, 12)
    got = student.conv_transpose2d_backward(dy, x, w, (2, 3))[:2]
    right = reference.conv_transpose2d_backward(dy, x, w, (2, 3))[:2]
    for rows, columns in ((2, 2), (3, 3), (3, 2), (2, 1), (1, 3)):
        seen = _fitted(dy, (2 * rows + 2, 3 * columns + 3))
        wrong = reference.conv_transpose2d_backward(seen, x, w, (rows, columns))[:2]
        if _one_or_both(got, right, wrong):
            return True
    return False


@mistake("backward_padding_elsewhere", checks=("gradients_follow_settings",))
def backward_padding_elsewhere(student, reference, rng):
    x, w, _, _ = _inputs(rng)
    dy = rng.normal(2, 2, 4, 5)
    got = student.conv_transpose2d_backward(dy, x, w, (2, 2), (1, 2))[:2]
    full = np.pad(dy, ((0, 0), (0, 0), (2, 2), (4, 4)))
    found = [
        reference.conv_transpose2d_backward(
            full[:, :, above : above + 6, left : left + 9].copy(), x, w, (2, 2)
        )
        for above, left in product((0, 1, 2), (0, 2, 4))
    ]
    right = found[4][:2]
    # With no zeros in front at all, the last of them, it is a mistake with another name.
    return any(_one_or_both(got, right, wrong[:2]) for wrong in found[:-1])


@mistake("db_over_the_wrong_axes", checks=("gradient_of_bias",))
def db_over_the_wrong_axes(student, reference, rng):
    x, w, _, _ = _inputs(rng)
    dy = rng.normal(2, 2, 4, 6)
    db = student.conv_transpose2d_backward(dy, x, w)[2]
    if _same(db, dy.sum(axis=(0, 2, 3))):
        return False
    for each in product(AXIS, repeat=4):
        found = dy
        for axis in (3, 2, 1, 0):
            found = AXIS[each[axis]](found, axis)
        if _same(db, found):
            return True
    return False


@mistake("upsampling_gradient_of_one_copy", checks=("upsampling_gradient",))
def upsampling_gradient_of_one_copy(student, reference, rng):
    dy = rng.normal(2, 3, 6, 12)
    got = student.upsample_nearest_backward(dy, (2, 3))
    return any(_same(got, dy[:, :, row::2, column::3]) for row, column in np.ndindex(2, 3))

"""How to recognise the mistakes that show in the dtype, or in what an argument is after the call, and
those that are written in many ways: each is compared with all of them."""

from itertools import product

import numpy as np

from grader.authoring import mistake, observe

# Of the settings (2, 3): each of the pairs that somebody takes for it.
NO_PAIRS = ((2, 2), (3, 3), (3, 2), (2, 1), (1, 3), (1, 1))
AXIS = {
    "summed": lambda array, axis: array.sum(axis=axis),
    "averaged": lambda array, axis: array.mean(axis=axis),
    "kept": lambda array, axis: array,
    "the first": lambda array, axis: array.take(0, axis=axis),
    "the last": lambda array, axis: array.take(-1, axis=axis),
}


def _inputs(rng, dtype=np.float64):
    """(x, w, b, dy) of a convolution without padding."""
    shapes = ((2, 3, 6, 5), (4, 3, 3, 2), (4,), (2, 4, 4, 4))
    return tuple(rng.normal(*shape, dtype=dtype) for shape in shapes)


def _same(one, other):
    return np.shape(one) == np.shape(other) and np.allclose(one, other, rtol=1e-9, atol=1e-11)


def _fitted(array, size):
    """The array cut off, or filled up with zeros, at the end of its rows and columns."""
    found = np.zeros((*array.shape[:2], *size))
    rows, columns = (min(have, want) for have, want in zip(array.shape[2:], size, strict=True))
    found[:, :, :rows, :columns] = array[:, :, :rows, :columns]
    return found


@mistake("result_always_float64", checks=("layout_and_dtype",))
def result_always_float64(student, reference, rng):
    x, w, b, dy = _inputs(rng, np.float32)
    dtypes = {student.conv2d_forward(x, w, b).dtype, *(d.dtype for d in student.conv2d_backward(dy, x, w))}
    return np.dtype(np.float64) in dtypes and dtypes <= {np.dtype(np.float32), np.dtype(np.float64)}


@mistake("scratch_array_is_the_input", checks=("arguments_unchanged",))
def scratch_array_is_the_input(student, reference, rng):
    x, w, _, dy = _inputs(rng)
    return not np.array_equal(observe(student.conv2d_backward, dy, x, w).args_after[1], x)


@mistake("kernel_flipped_on_one_axis", checks=("forward",))
def kernel_flipped_on_one_axis(student, reference, rng):
    x, w, b, _ = _inputs(rng)
    got = student.conv2d_forward(x, w, b)
    return any(_same(got, reference.conv2d_forward(x, np.flip(w, axis), b)) for axis in (2, 3))


@mistake("padding_not_on_all_sides", checks=("padding",))
def padding_not_on_all_sides(student, reference, rng):
    x, w, b, _ = _inputs(rng)
    got = student.conv2d_forward(x, w, b, padding=(1, 3))

    def ways(right, other):
        """(before, behind) on one axis."""
        some = ((0, 0), (right, 0), (0, right), (2 * right, 0), (0, 2 * right))
        return (*some, (right, right), (other, other))

    for rows, columns in product(ways(1, 3), ways(3, 1)):
        if (rows, columns) not in (((1, 1), (3, 3)), ((3, 3), (1, 1))):
            padded = np.pad(x, ((0, 0), (0, 0), rows, columns))
            if _same(got, reference.conv2d_forward(padded, w, b)):
                return True
    return False


@mistake("padding_of_pixels", checks=("padding",))
def padding_of_pixels(student, reference, rng):
    x, w, b, _ = _inputs(rng)
    got = student.conv2d_forward(x, w, b, padding=(1, 2))
    images = [
        np.pad(x, ((0, 0), (0, 0), (1, 1), (2, 2)), mode=mode) for mode in ("wrap", "reflect", "symmetric")
    ]
    return any(_same(got, reference.conv2d_forward(image, w, b)) for image in images)


def _takes_other_pairs(student, reference, rng, setting):
    """Whether the forward pass is that of another pair, perhaps in an output of the right size."""
    x, w, b = rng.normal(1, 2, 14, 17), rng.normal(3, 2, 3, 2), rng.normal(3)
    got = student.conv2d_forward(x, w, b, **{setting: (2, 3)})
    size = reference.conv2d_forward(x, w, b, **{setting: (2, 3)}).shape[2:]
    found = [reference.conv2d_forward(x, w, b, **{setting: pair}) for pair in NO_PAIRS]
    return any(_same(got, y) or _same(got, y[:, :, : size[0], : size[1]]) for y in found)


@mistake("stride_not_a_pair", checks=("stride",))
def stride_not_a_pair(student, reference, rng):
    return _takes_other_pairs(student, reference, rng, "stride")


@mistake("dilation_not_a_pair", checks=("dilation",))
def dilation_not_a_pair(student, reference, rng):
    return _takes_other_pairs(student, reference, rng, "dilation")


@mistake("dx_flipped_on_one_axis", checks=("gradient_of_input",))
def dx_flipped_on_one_axis(student, reference, rng):
    x, w, _, dy = _inputs(rng)
    dx = student.conv2d_backward(dy, x, w)[0]
    return any(_same(dx, reference.conv2d_backward(dy, x, np.flip(w, axis))[0]) for axis in (2, 3))


def _takes_other_pairs_backwards(student, reference, rng, setting):
    """Whether dx, dw or both are those of windows by another pair. Others' windows may end outside of x."""
    x, w, dy = rng.normal(1, 2, 8, 11), rng.normal(3, 2, 3, 2), rng.normal(1, 3, 3, 4)
    if setting == "dilation":
        x = rng.normal(1, 2, 7, 7)
    got = student.conv2d_backward(dy, x, w, **{setting: (2, 3)})[:2]
    right = reference.conv2d_backward(dy, x, w, **{setting: (2, 3)})[:2]
    for pair in NO_PAIRS:
        (s, t), (d, e) = (pair, (1, 1)) if setting == "stride" else ((1, 1), pair)
        seen = _fitted(x, (2 * s + 2 * d + 1, 3 * t + e + 1))
        dx, dw, _ = reference.conv2d_backward(dy, seen, w, **{setting: pair})
        if _one_or_both(got, right, (_fitted(dx, x.shape[2:]), dw)):
            return True
    return False


def _one_or_both(got, right, wrong):
    """Whether each of the gradients is right or wrong in this way, and not all are right."""
    each = zip(got, right, wrong, strict=True)
    return not all(map(_same, got, right)) and all(_same(one, a) or _same(one, b) for one, a, b in each)


@mistake("backward_stride_not_a_pair", checks=("gradients_follow_settings",))
def backward_stride_not_a_pair(student, reference, rng):
    return _takes_other_pairs_backwards(student, reference, rng, "stride")


@mistake("backward_dilation_not_a_pair", checks=("gradients_follow_settings",))
def backward_dilation_not_a_pair(student, reference, rng):
    return _takes_other_pairs_backwards(student, reference, rng, "dilation")


@mistake("backward_padding_elsewhere", checks=("gradients_follow_settings",))
def backward_padding_elsewhere(student, reference, rng):
    (h, wide), (p, q) = (6, 5), (1, 3)
    x, w, dy = rng.normal(1, 2, h, wide), rng.normal(3, 2, 3, 2), rng.normal(1, 3, 6, 10)
    dx, dw, _ = student.conv2d_backward(dy, x, w, padding=(p, q))
    right = reference.conv2d_backward(dy, x, w, padding=(p, q))
    whole = reference.conv2d_backward(dy, np.pad(x, ((0, 0), (0, 0), (p, p), (q, q))), w)[0]
    rows, columns = (
        [
            slice(None),
            slice(own, None),
            slice(None, -own),
            *(slice(at, at + n) for at in (0, own, 2 * own, other)),
        ]
        for n, own, other in ((h, p, q), (wide, q, p))
    )
    # Not cropped at all is a mistake with another name.
    crops = [whole[:, :, r, c] for r, c in product(rows, columns) if (r, c) != (slice(None), slice(None))]
    padded = [
        np.pad(x, ((0, 0), (0, 0), (above, 2 * p - above), (left, 2 * q - left)))
        for above, left in product((0, p, 2 * p), (0, q, 2 * q))
    ]
    modes = ("edge", "wrap", "reflect", "symmetric")
    padded += [np.pad(x, ((0, 0), (0, 0), (p, p), (q, q)), mode=mode) for mode in modes]
    others = [reference.conv2d_backward(dy, image, w)[1] for image in padded]
    if _same(dx, right[0]) and _same(dw, right[1]):
        return False
    return any(_same(dx, crop) for crop in crops) and any(_same(dw, other) for other in others)


@mistake("dx_cropped_by_minus_zero", checks=("gradient_of_input", "gradients_follow_settings"))
def dx_cropped_by_minus_zero(student, reference, rng):
    x, w, _, _ = _inputs(rng)
    if np.size(student.conv2d_backward(rng.normal(2, 4, 8, 4), x, w, padding=(2, 0))[0]):
        return False
    dy = rng.normal(2, 4, 6, 6)
    got, right = (each.conv2d_backward(dy, x, w, padding=(1, 1))[0] for each in (student, reference))
    return _same(got, right)


@mistake("db_over_the_wrong_axes", checks=("gradient_of_bias",))
def db_over_the_wrong_axes(student, reference, rng):
    x, w, _, dy = _inputs(rng)
    db = student.conv2d_backward(dy, x, w)[2]
    if _same(db, dy.sum(axis=(0, 2, 3))):
        return False
    for each in product(AXIS, repeat=4):
        found = dy
        for axis in (3, 2, 1, 0):
            found = AXIS[each[axis]](found, axis)
        if _same(db, found):
            return True
    return False

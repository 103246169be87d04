"""How to recognise the mistakes that are written in many ways: each is compared with all of them."""

from itertools import product

import numpy as np

from grader.authoring import mistake

AXIS = {
    "summed": lambda array, axis: array.sum(axis=axis),
    "averaged": lambda array, axis: array.mean(axis=axis),
    "kept": lambda array, axis: array,
    "the first": lambda array, axis: array.take(0, axis=axis),
    "the last": lambda array, axis: array.take(-1, axis=axis),
}


def _same(one, other):
    return np.shape(one) == np.shape(other) and np.allclose(one, other, rtol=1e-9, atol=1e-11)


def _inputs(rng):
    """(x, w, b, dy) of a convolution without padding."""
    return rng.normal(2, 3, 9), rng.normal(4, 3, 3), rng.normal(4), rng.normal(2, 4, 7)


@mistake("padded_unevenly", checks=("forward_settings",))
def padded_unevenly(student, reference, rng):
    x, w, b, _ = _inputs(rng)
    got = student.conv1d_forward(x, w, b, 1, 2)
    ends = ((0, 0), (2, 0), (0, 2), (0, 4), (1, 1))
    return any(_same(got, reference.conv1d_forward(np.pad(x, ((0, 0), (0, 0), end)), w, b)) for end in ends)


@mistake("padding_cut_by_minus_zero", checks=("gradient_of_x", "backward_settings", "groups_backward"))
def padding_cut_by_minus_zero(student, reference, rng):
    x, w, _, dy = _inputs(rng)
    if np.size(student.conv1d_backward(dy, x, w)[0]):
        return False
    dy = rng.normal(2, 4, 9)
    return _same(*(each.conv1d_backward(dy, x, w, 1, 1)[0] for each in (student, reference)))


@mistake("backward_padding_elsewhere", checks=("backward_settings",))
def backward_padding_elsewhere(student, reference, rng):
    x, w, *_ = _inputs(rng)
    dy, length, padding = rng.normal(2, 4, 11), 9, 2
    dx, dw, _ = student.conv1d_backward(dy, x, w, 1, padding)
    right = reference.conv1d_backward(dy, x, w, 1, padding)
    if _same(dx, right[0]) and _same(dw, right[1]):
        return False
    signals = [np.pad(x, ((0, 0), (0, 0), ends)) for ends in ((0, 4), (1, 3), (2, 2), (3, 1), (4, 0))]
    modes = ("edge", "wrap", "reflect", "symmetric")
    signals += [np.pad(x, ((0, 0), (0, 0), (padding, padding)), mode=mode) for mode in modes]
    whole = reference.conv1d_backward(dy, signals[2], w)[0]
    # What begins in the padding and has the length of x is a mistake with another name, where dw is right.
    cuts = (slice(padding, None), slice(None, -padding), *(slice(at, at + length) for at in (0, 2, 4)))
    known = _same(dx, whole[:, :, :length]) and _same(dw, right[1])
    found = any(_same(dw, reference.conv1d_backward(dy, signal, w)[1]) for signal in signals)
    return found and not known and any(_same(dx, whole[:, :, cut]) for cut in cuts)


@mistake("db_over_the_wrong_axes", checks=("gradient_of_b",))
def db_over_the_wrong_axes(student, reference, rng):
    x, w, _, dy = _inputs(rng)
    db = student.conv1d_backward(dy, x, w)[2]
    if _same(db, dy.sum(axis=(0, 2))):
        return False
    for each in product(AXIS, repeat=3):
        found = dy
        for axis in (2, 1, 0):
            found = AXIS[each[axis]](found, axis)
        if _same(db, found):
            return True
    return False

"""How to recognise the mistakes that show in the dtype, or in what an argument is after the call, and
those that are written in many ways: each is compared with all of them."""

import numpy as np

from grader.authoring import mistake, observe

HOW = ((2, 3), (2, 1), (1, 1))


@mistake("result_always_float64", checks=("unchanged_and_dtype",))
def result_always_float64(student, reference, rng):
    x = rng.normal(2, 3, 6, 7, dtype=np.float32)
    results = [student.max_pool_forward(x, *HOW), student.avg_pool_forward(x, *HOW)]
    dy = rng.normal(*results[0].shape, dtype=np.float32)
    results += [student.max_pool_backward(dy, x, *HOW), student.avg_pool_backward(dy, x, *HOW)]
    dtypes = {result.dtype for result in results}
    return np.dtype(np.float64) in dtypes and dtypes <= {np.dtype(np.float32), np.dtype(np.float64)}


@mistake("scratch_is_the_input", checks=("unchanged_and_dtype",))
def scratch_is_the_input(student, reference, rng):
    x = rng.normal(2, 3, 6, 7)
    dy = rng.normal(*reference.max_pool_forward(x, *HOW).shape)
    calls = (student.max_pool_backward, student.avg_pool_backward)
    return any(not np.array_equal(observe(call, dy, x, *HOW).args_after[1], x) for call in calls)


@mistake("winner_divided_by_rows", checks=("max_backward",))
def winner_divided_by_rows(student, reference, rng):
    # One window of three rows and two columns, with room around it. The winner is the last of its six pixels,
    # which is the third of the second row where rows are taken to have three.
    x = -1.0 - rng.uniform(1, 1, 5, 6)
    x[0, 0, 2, 1] = 1.0
    dx = student.max_pool_backward(np.full((1, 1, 1, 1), 2.0), x, (3, 2), (9, 9), (0, 0))
    return np.flatnonzero(dx).tolist() == [1 * 6 + 2]


def _same(one, other):
    return np.shape(one) == np.shape(other) and np.allclose(one, other, rtol=1e-9, atol=1e-11)


def _swaps_the_kernel(function, right, rng, *shape):
    """Whether windows of two rows and three columns have three rows and two columns.

    There is room around each: the number of outputs is the same either way.
    """
    arguments = tuple(rng.normal(2, 3, *size) for size in shape)
    return _same(function(*arguments, (2, 3), (4, 4), (0, 0)), right(*arguments, (3, 2), (4, 4), (0, 0)))


@mistake("max_kernel_swapped", checks=("max_forward",))
def max_kernel_swapped(student, reference, rng):
    return _swaps_the_kernel(student.max_pool_forward, reference.max_pool_forward, rng, (8, 8))


@mistake("avg_kernel_swapped", checks=("avg_forward",))
def avg_kernel_swapped(student, reference, rng):
    return _swaps_the_kernel(student.avg_pool_forward, reference.avg_pool_forward, rng, (8, 8))


@mistake("max_gradient_kernel_swapped", checks=("max_backward",))
def max_gradient_kernel_swapped(student, reference, rng):
    return _swaps_the_kernel(student.max_pool_backward, reference.max_pool_backward, rng, (2, 2), (8, 8))


@mistake("avg_gradient_kernel_swapped", checks=("avg_backward",))
def avg_gradient_kernel_swapped(student, reference, rng):
    return _swaps_the_kernel(student.avg_pool_backward, reference.avg_pool_backward, rng, (2, 2), (8, 8))


def _other_pairs(a, b):
    """What somebody takes for the stride (a, b)."""
    return (a, a), (b, b), (b, a), (a, 1), (1, b), (1, 1)


@mistake("stride_not_a_pair", checks=("stride",))
def stride_not_a_pair(student, reference, rng):
    x, kernel, padding = rng.normal(2, 3, 13, 15), (3, 3), (0, 0)
    for kind in ("max", "avg"):
        right = getattr(reference, f"{kind}_pool_forward")
        got = getattr(student, f"{kind}_pool_forward")(x, kernel, (2, 4), padding)
        rows, columns = right(x, kernel, (2, 4), padding).shape[2:]
        others = [right(x, kernel, pair, padding) for pair in _other_pairs(2, 4)]
        if any(_same(got, y) or _same(got, y[:, :, :rows, :columns]) for y in others):
            return True
    return False


@mistake("backward_stride_not_a_pair", checks=("stride",))
def backward_stride_not_a_pair(student, reference, rng):
    # Two by two windows of 2 by 2 pixels: there is room for them with every pair.
    x, dy, kernel, padding = rng.normal(2, 3, 5, 7), rng.normal(2, 3, 2, 2), (2, 2), (0, 0)
    for kind in ("max", "avg"):
        got = getattr(student, f"{kind}_pool_backward")(dy, x, kernel, (2, 3), padding)
        for rows, columns in _other_pairs(2, 3):
            dx, seen = np.zeros_like(x), np.s_[:, :, : rows + 2, : columns + 2]
            right = getattr(reference, f"{kind}_pool_backward")
            dx[seen] = right(dy, x[seen].copy(), kernel, (rows, columns), padding)
            if _same(got, dx):
                return True
    return False

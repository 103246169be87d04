"""How to recognise the mistakes that show in the dtype, or in what an argument is after the call."""

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

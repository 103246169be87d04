"""How to recognise the mistakes that show in the dtype, or in what an argument is after the call."""

import numpy as np

from grader.authoring import mistake, observe


def _inputs(rng, dtype=np.float64):
    """(x, w, b, dy) of a convolution without padding."""
    shapes = ((2, 3, 6, 5), (4, 3, 3, 2), (4,), (2, 4, 4, 4))
    return tuple(rng.normal(*shape, dtype=dtype) for shape in shapes)


@mistake("result_always_float64", checks=("layout_and_dtype",))
def result_always_float64(student, reference, rng):
    x, w, b, dy = _inputs(rng, np.float32)
    dtypes = {student.conv2d_forward(x, w, b).dtype, *(d.dtype for d in student.conv2d_backward(dy, x, w))}
    return np.dtype(np.float64) in dtypes and dtypes <= {np.dtype(np.float32), np.dtype(np.float64)}


@mistake("scratch_array_is_the_input", checks=("arguments_unchanged",))
def scratch_array_is_the_input(student, reference, rng):
    x, w, _, dy = _inputs(rng)
    return not np.array_equal(observe(student.conv2d_backward, dy, x, w).args_after[1], x)

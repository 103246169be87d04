"""How to recognise the mistakes that show in the dtype, or in what an argument is after the call."""

import numpy as np

from grader.authoring import mistake, observe


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

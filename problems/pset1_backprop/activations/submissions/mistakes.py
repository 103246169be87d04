"""How to recognise the mistakes that show as NaN, in the dtype, or in an argument."""

import numpy as np

from grader.authoring import mistake, observe


def _overflows(function, right, rng):
    """Whether a function is right near zero, and NaN somewhere far from it."""
    near = rng.normal(6)
    return np.allclose(function(near), right(near)) and np.isnan(function(np.array([-1000.0, 1000.0]))).any()


@mistake("sigmoid_overflows", checks=("large_inputs",))
def sigmoid_overflows(student, reference, rng):
    return _overflows(student.sigmoid, reference.sigmoid, rng) and not np.isnan(
        student.tanh(np.array([-1000.0, 1000.0]))
    ).any()


@mistake("tanh_overflows", checks=("large_inputs",))
def tanh_overflows(student, reference, rng):
    return _overflows(student.tanh, reference.tanh, rng) and not np.isnan(
        student.sigmoid(np.array([-1000.0, 1000.0]))
    ).any()


@mistake("always_float64", checks=("unchanged_and_dtype",))
def always_float64(student, reference, rng):
    x, dy = (rng.normal(4, 5, dtype=np.float32) for _ in range(2))
    y = rng.uniform(4, 5, low=0.1, high=0.9).astype(np.float32)
    results = (
        student.relu(x),
        student.relu_backward(dy, x),
        student.leaky_relu(x, slope=0.5),
        student.leaky_relu_backward(dy, x, slope=0.5),
        student.sigmoid(x),
        student.sigmoid_backward(dy, y),
        student.tanh(x),
        student.tanh_backward(dy, y),
        student.gelu(x),
        student.gelu_backward(dy, x),
    )
    dtypes = {result.dtype for result in results}
    return np.dtype(np.float64) in dtypes and dtypes <= {np.dtype(np.float32), np.dtype(np.float64)}


@mistake("relu_in_place", checks=("unchanged_and_dtype",))
def relu_in_place(student, reference, rng):
    x = rng.normal(4, 5)
    return np.array_equal(observe(student.relu, x).args_after[0], np.maximum(x, 0.0))

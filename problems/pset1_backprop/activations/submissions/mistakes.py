"""How to recognise the mistakes that show as NaN, in the dtype, or in an argument."""

import numpy as np

from grader.authoring import mistake, observe


def _overflows(function, right, rng):
    """Whether a function is right near zero, and NaN somewhere far from it."""
    near = rng.normal(6)
    return np.allclose(function(near), right(near)) and np.isnan(function(np.array([-1000.0, 1000.0]))).any()


FAR = np.array([-1000.0, 1000.0])


@mistake("sigmoid_overflows", checks=("large_inputs",))
def sigmoid_overflows(student, reference, rng):
    # A hyperbolic tangent that is made of it overflows with it.
    return _overflows(student.sigmoid, reference.sigmoid, rng)


@mistake("tanh_overflows", checks=("large_inputs",))
def tanh_overflows(student, reference, rng):
    return _overflows(student.tanh, reference.tanh, rng) and not np.isnan(student.sigmoid(FAR)).any()


@mistake("gelu_overflows", checks=("large_inputs",))
def gelu_overflows(student, reference, rng):
    others = np.concatenate([student.sigmoid(FAR), student.tanh(FAR)])
    return _overflows(student.gelu, reference.gelu, rng) and not np.isnan(others).any()


@mistake("sigmoid_clipped", checks=("large_inputs",))
def sigmoid_clipped(student, reference, rng):
    """Wherever it is clipped: from there on it stays the same, short of its ends."""
    near, far = rng.normal(6), student.sigmoid(np.concatenate([FAR, 2 * FAR]))
    right = np.allclose(student.sigmoid(near), reference.sigmoid(near))
    return right and far[0] == far[2] > 0 and far[1] == far[3] > 0.5 and far[1] - far[0] < 1.0


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


FORWARD = ("relu", "leaky_relu", "sigmoid", "tanh", "gelu")


def _changed(student, rng):
    """The functions that change x; "dy" if a backward pass changes that; "seen" if one changes x or y; and
    "large" if a function changes x only where it is large."""
    found = set()
    x, dy, large = rng.normal(4, 5), rng.normal(4, 5), 1000.0 * rng.normal(4, 5)
    y = rng.uniform(4, 5, low=0.1, high=0.9)
    for name in FORWARD:
        extra = {"slope": 0.5} if name == "leaky_relu" else {}
        if not np.array_equal(observe(getattr(student, name), x, **extra).args_after[0], x):
            found.add(name)
        elif not np.array_equal(observe(getattr(student, name), large, **extra).args_after[0], large):
            found.add("large")
        seen = y if name in ("sigmoid", "tanh") else x
        after = observe(getattr(student, f"{name}_backward"), dy, seen, **extra).args_after
        if not np.array_equal(after[0], dy):
            found.add("dy")
        if not np.array_equal(after[1], seen):
            found.add("seen")
    return found


# Who changes several things is told one of them: first what a function does to x, in the handout's order.


@mistake("relu_in_place", checks=("unchanged_and_dtype",))
def relu_in_place(student, reference, rng):
    x = rng.normal(4, 5)
    return np.array_equal(observe(student.relu, x).args_after[0], np.maximum(x, 0.0))


@mistake("leaky_in_place", checks=("unchanged_and_dtype",))
def leaky_in_place(student, reference, rng):
    x, changed = rng.normal(4, 5), _changed(student, rng)
    after = observe(student.leaky_relu, x, slope=0.5).args_after[0]
    return "relu" not in changed and np.allclose(after, np.where(x > 0, x, 0.5 * x))


@mistake("x_in_place", checks=("unchanged_and_dtype",))
def x_in_place(student, reference, rng):
    changed = _changed(student, rng)
    return bool(changed & set(FORWARD)) and not changed & {"relu", "leaky_relu"}


@mistake("x_clipped_in_place", checks=("unchanged_and_dtype",))
def x_clipped_in_place(student, reference, rng):
    changed = _changed(student, rng)
    return "large" in changed and not changed & set(FORWARD)


@mistake("dy_in_place", checks=("unchanged_and_dtype",))
def dy_in_place(student, reference, rng):
    changed = _changed(student, rng)
    return "dy" in changed and not changed & {"large", *FORWARD}


@mistake("mask_in_place", checks=("unchanged_and_dtype",))
def mask_in_place(student, reference, rng):
    return _changed(student, rng) == {"seen"}

"""Accepted: the vector-Jacobian product is the gradient of a weighed sum; plain Python where it goes."""

import numpy as np


def numerical_gradient(function, x, h=1e-5):
    numbers = [float(number) for number in np.asarray(x).ravel()]

    def at(position, step):
        moved = list(numbers)
        moved[position] += step
        return function(np.array(moved).reshape(np.shape(x)))

    slopes = [(at(i, h) - at(i, -h)) / (2 * h) for i in range(len(numbers))]
    return np.array(slopes).reshape(np.shape(x))


def numerical_vjp(function, x, cotangent, h=1e-5):
    # What the cotangent makes of the outputs is a number, and its gradient is what is wanted.
    def number(z):
        return float((cotangent * function(z)).sum())

    return numerical_gradient(number, x, h)


def relative_error(a, b):
    if a.shape != b.shape:
        return float("inf")
    pairs = list(zip(a.ravel().tolist(), b.ravel().tolist()))
    if not all(np.isfinite(p) and np.isfinite(q) for p, q in pairs):
        return float("inf")
    largest = max(max(abs(p), abs(q)) for p, q in pairs)
    if largest == 0.0:
        return 0.0
    return max(abs(p - q) for p, q in pairs) / largest


def backward_is_right(forward, backward, x, seed, tolerance=1e-6):
    x = np.array(x, dtype=np.float64)
    y = forward(x)
    dy = np.random.default_rng(seed).normal(size=y.shape)
    error = relative_error(backward(dy, x), numerical_vjp(forward, x, dy))
    return not error > tolerance

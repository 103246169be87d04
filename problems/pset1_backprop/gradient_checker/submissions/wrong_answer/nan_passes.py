"""A comparison with NaN is false, and so your maximum passes over NaN: its error is infinite."""

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
    largest, worst = 0.0, 0.0
    for p, q in zip(a.ravel().tolist(), b.ravel().tolist()):
        if max(abs(p), abs(q)) > largest:
            largest = max(abs(p), abs(q))
        if abs(p - q) > worst:
            worst = abs(p - q)
    return worst / largest if largest > 0 else 0.0


def backward_is_right(forward, backward, x, seed, tolerance=1e-6):
    x = np.array(x, dtype=np.float64)
    y = forward(x)
    dy = np.random.default_rng(seed).normal(size=y.shape)
    error = relative_error(backward(dy, x), numerical_vjp(forward, x, dy))
    return not error > tolerance

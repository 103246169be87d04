"""*Wrong:* absolute error only"""

import math

import numpy as np


def _moved(x, place, by):
    """A float64 copy of x in which one entry is moved."""
    y = np.array(x, dtype=np.float64)
    y[place] += by
    return y


def numerical_gradient(function, x, h=1e-5):
    grad = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        grad[place] = (function(_moved(x, place, h)) - function(_moved(x, place, -h))) / (2 * h)
    return grad


def numerical_vjp(function, x, cotangent, h=1e-5):
    out = np.zeros(x.shape)
    v = np.asarray(cotangent, dtype=np.float64)
    for place in np.ndindex(x.shape):
        up, down = function(_moved(x, place, h)), function(_moved(x, place, -h))
        out[place] = np.sum(v * (up - down)) / (2 * h)
    return out


def relative_error(a, b):
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape:
        return float("inf")
    worst = 0.0
    for p, q in zip(a.ravel(), b.ravel()):
        if not (math.isfinite(p) and math.isfinite(q)):
            return float("inf")
        worst = max(worst, abs(float(p) - float(q)))
    return worst


def backward_is_right(forward, backward, x, seed, tolerance=1e-6):
    moved = np.array(x, dtype=np.float64)
    v = np.random.default_rng(seed).standard_normal(np.shape(forward(moved)))
    expected = numerical_vjp(forward, x, v)
    return bool(relative_error(backward(v.copy(), moved.copy()), expected) <= tolerance)

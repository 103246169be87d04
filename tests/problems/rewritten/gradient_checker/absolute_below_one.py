"""*Wrong:* absolute error only (for gradients smaller than 1: the size is at least 1)"""

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
    a, b = np.array(a, dtype=float), np.array(b, dtype=float)
    if a.shape != b.shape:
        return np.inf
    if not np.all(np.isfinite(np.stack([a, b]))):
        return np.inf
    scale = max(1.0, np.max(np.abs(a)), np.max(np.abs(b)))
    return float(np.max(np.abs(a - b)) / scale)


def backward_is_right(forward, backward, x, seed, tolerance=1e-6):
    moved = np.array(x, dtype=np.float64)
    v = np.random.default_rng(seed).standard_normal(np.shape(forward(moved)))
    expected = numerical_vjp(forward, x, v)
    return bool(relative_error(backward(v.copy(), moved.copy()), expected) <= tolerance)

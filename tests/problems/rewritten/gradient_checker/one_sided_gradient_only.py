"""*Wrong:* one-sided"""

import math

import numpy as np


def _moved(x, place, by):
    """A float64 copy of x in which one entry is moved."""
    y = np.array(x, dtype=np.float64)
    y[place] += by
    return y


def numerical_gradient(function, x, h=1e-5):
    x64 = x.astype(np.float64)
    f0 = function(x64.copy())
    g = np.empty(x64.shape)
    it = np.nditer(x64, flags=["multi_index"])
    for value in it:
        y = x64.copy()
        y[it.multi_index] = value + h
        g[it.multi_index] = (function(y) - f0) / h
    return g


def numerical_vjp(function, x, cotangent, h=1e-5):
    out = np.zeros(x.shape)
    v = np.asarray(cotangent, dtype=np.float64)
    for place in np.ndindex(x.shape):
        up, down = function(_moved(x, place, h)), function(_moved(x, place, -h))
        out[place] = np.sum(v * (up - down)) / (2 * h)
    return out


def relative_error(a, b):
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if a.shape != b.shape or not (np.isfinite(a).all() and np.isfinite(b).all()):
        return math.inf
    size = max(np.abs(a).max(initial=0), np.abs(b).max(initial=0))
    return 0.0 if size == 0 else float(np.abs(a - b).max() / size)


def backward_is_right(forward, backward, x, seed, tolerance=1e-6):
    moved = np.array(x, dtype=np.float64)
    v = np.random.default_rng(seed).standard_normal(np.shape(forward(moved)))
    expected = numerical_vjp(forward, x, v)
    return bool(relative_error(backward(v.copy(), moved.copy()), expected) <= tolerance)

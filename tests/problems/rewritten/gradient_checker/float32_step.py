"""*Wrong:* float32 step (x is moved in the dtype it came in)"""

import math

import numpy as np


def _moved(x, place, by):
    y = x.copy() if x.dtype.kind == "f" else x.astype(np.float64)
    y[place] = y[place] + by
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

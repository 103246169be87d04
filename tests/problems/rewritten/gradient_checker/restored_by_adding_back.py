"""*Wrong:* perturbs the input and does not restore it (to the last bit: it adds h again)"""

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
    z = x if x.dtype == np.float64 else np.array(x, dtype=np.float64)
    vjp = np.zeros(z.shape)
    for place in np.ndindex(z.shape):
        z[place] += h
        plus = function(z).copy()
        z[place] -= 2 * h
        minus = function(z).copy()
        z[place] += h
        vjp[place] = np.tensordot(cotangent, plus - minus, axes=np.ndim(plus)) / (2 * h)
    return vjp


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

"""*Wrong:* perturbs the input and does not restore it"""

import math

import numpy as np


def _moved(x, place, by):
    """A float64 copy of x in which one entry is moved."""
    y = np.array(x, dtype=np.float64)
    y[place] += by
    return y


def _as_float64(x):
    return x if x.dtype == np.float64 else x.astype(np.float64)


def numerical_gradient(function, x, h=1e-5):
    z = _as_float64(x)
    grad = np.zeros(z.shape)
    for i in np.ndindex(z.shape):
        z[i] += h
        plus = function(z)
        z[i] -= 2 * h
        minus = function(z)
        grad[i] = (plus - minus) / (2 * h)
    return grad


def numerical_vjp(function, x, cotangent, h=1e-5):
    z = _as_float64(x)
    grad = np.zeros(z.shape)
    for i in np.ndindex(z.shape):
        z[i] += h
        plus = np.array(function(z))
        z[i] -= 2 * h
        minus = np.array(function(z))
        grad[i] = ((plus - minus) * cotangent).sum() / (2 * h)
    return grad


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

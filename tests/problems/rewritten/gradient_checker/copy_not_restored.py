"""*Wrong:* perturbs the input and does not restore it (a copy of it: each entry is moved on top of the ones before)"""

import math

import numpy as np


def _moved(x, place, by):
    """A float64 copy of x in which one entry is moved."""
    y = np.array(x, dtype=np.float64)
    y[place] += by
    return y


def numerical_gradient(function, x, h=1e-5):
    work = np.array(x, dtype=np.float64)
    out = np.empty(work.shape)
    for i in np.ndindex(*work.shape):
        old = work[i]
        work[i] = old + h
        high = function(work.copy())
        work[i] = old - h
        low = function(work.copy())
        out[i] = (high - low) / (2 * h)
    return out


def numerical_vjp(function, x, cotangent, h=1e-5):
    work = np.array(x, dtype=np.float64)
    out = np.empty(work.shape)
    for i in np.ndindex(*work.shape):
        old = work[i]
        work[i] = old + h
        high = function(work.copy())
        work[i] = old - h
        low = function(work.copy())
        out[i] = np.sum(cotangent * (high - low)) / (2 * h)
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

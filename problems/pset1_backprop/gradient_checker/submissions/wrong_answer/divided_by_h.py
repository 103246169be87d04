"""You divide by h: between the two points lies 2h."""

import numpy as np


def moved(x, place, step):
    z = np.array(x, dtype=np.float64)
    z[place] += step
    return z


def numerical_gradient(function, x, h=1e-5):
    slopes = np.zeros(x.shape)
    for place in np.ndindex(*x.shape):
        slopes[place] = (function(moved(x, place, h)) - function(moved(x, place, -h))) / h
    return slopes


def numerical_vjp(function, x, cotangent, h=1e-5):
    slopes = np.zeros(x.shape)
    for place in np.ndindex(*x.shape):
        slopes[place] = np.sum(cotangent * (function(moved(x, place, h)) - function(moved(x, place, -h)))) / h
    return slopes


def relative_error(a, b):
    if np.shape(a) != np.shape(b) or not np.isfinite(np.concatenate([a, b], axis=None)).all():
        return float("inf")
    size = np.maximum(np.abs(a).max(), np.abs(b).max())
    return float(np.abs(a - b).max() / size) if size > 0 else 0.0


def backward_is_right(forward, backward, x, seed, tolerance=1e-6):
    x = x.astype(np.float64)
    v = np.random.default_rng(seed).standard_normal(np.shape(forward(x.copy())))
    return bool(relative_error(backward(v.copy(), x.copy()), numerical_vjp(forward, x, v)) <= tolerance)

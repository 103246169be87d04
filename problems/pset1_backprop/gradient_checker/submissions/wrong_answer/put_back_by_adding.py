"""You put x back by adding h again, which rounds: keep the old number, or move a copy."""

import numpy as np


def numerical_gradient(function, x, h=1e-5):
    point = np.asarray(x, dtype=float)
    steps = h * np.eye(point.size).reshape(-1, *point.shape)
    slopes = [(function(point + step) - function(point - step)) / (2 * h) for step in steps]
    return np.array(slopes).reshape(point.shape)


def numerical_vjp(function, x, cotangent, h=1e-5):
    if x.dtype != np.float64:
        x = x.astype(np.float64)
    grad = np.zeros(x.shape)
    for place in np.ndindex(*x.shape):
        x[place] += h
        ahead = np.array(function(x))
        x[place] -= 2 * h
        behind = np.array(function(x))
        x[place] += h
        grad[place] = np.vdot(cotangent, ahead - behind) / (2 * h)
    return grad


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
    return bool(relative_error(backward(cotangent, x), numerical_vjp(forward, x, cotangent)) <= tolerance)

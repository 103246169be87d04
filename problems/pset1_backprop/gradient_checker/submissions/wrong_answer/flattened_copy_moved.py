"""You move the flattened x, which is a copy where x is not contiguous: then the function sees no step."""

import numpy as np


def numerical_gradient(function, x, h=1e-5):
    moved = np.array(x, dtype=float)
    flat = moved.reshape(-1)
    slopes = []
    for i in range(flat.size):
        kept = flat[i]
        flat[i] = kept + h
        ahead = function(moved)
        flat[i] = kept - h
        slopes.append((ahead - function(moved)) / (2 * h))
        flat[i] = kept
    return np.array(slopes).reshape(moved.shape)


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
    return bool(relative_error(backward(cotangent, x), numerical_vjp(forward, x, cotangent)) <= tolerance)

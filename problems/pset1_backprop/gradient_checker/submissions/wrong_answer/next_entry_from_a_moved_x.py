"""You leave the last entry moved when you go on to the next: put it back first."""

import numpy as np


def numerical_gradient(function, x, h=1e-5):
    slopes = np.zeros(x.shape)
    z = np.array(x, dtype=np.float64)
    for place in np.ndindex(*x.shape):
        z[place] += h
        ahead = np.array(function(z))
        z[place] -= 2 * h
        behind = np.array(function(z))
        slopes[place] = (ahead - behind) / (2 * h)
    return slopes


def numerical_vjp(function, x, cotangent, h=1e-5):
    slopes = np.zeros(x.shape)
    z = np.array(x, dtype=np.float64)
    for place in np.ndindex(*x.shape):
        z[place] += h
        ahead = np.array(function(z))
        z[place] -= 2 * h
        behind = np.array(function(z))
        slopes[place] = np.sum(cotangent * (ahead - behind)) / (2 * h)
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

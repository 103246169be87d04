"""Central differences, and a verdict."""

import numpy as np


def _differences(function, x, h):
    """For each place of x: the place, and (F(x + h e) - F(x - h e)) / 2h as a float64 array."""
    base = np.array(x, dtype=np.float64)
    for place in np.ndindex(base.shape):
        up, down = base.copy(), base.copy()
        up[place] += h
        down[place] -= h
        f_up = np.array(function(up), dtype=np.float64)
        f_down = np.array(function(down), dtype=np.float64)
        yield place, (f_up - f_down) / (2 * h)


def numerical_gradient(function, x, h=1e-5):
    gradient = np.zeros(np.shape(x))
    for place, slope in _differences(function, x, h):
        gradient[place] = float(slope)
    return gradient


def numerical_vjp(function, x, cotangent, h=1e-5):
    v = np.array(cotangent, dtype=np.float64)
    product = np.zeros(np.shape(x))
    for place, slopes in _differences(function, x, h):
        product[place] = np.sum(v * slopes)
    return product


def relative_error(a, b):
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if a.shape != b.shape or not np.isfinite(a).all() or not np.isfinite(b).all():
        return float("inf")
    if a.size == 0:
        return 0.0
    scale = max(np.abs(a).max(), np.abs(b).max())
    if scale == 0:
        return 0.0
    return float(np.abs(a - b).max() / scale)


def backward_is_right(forward, backward, x, seed, tolerance=1e-6):
    x = np.array(x, dtype=np.float64)
    v = np.random.default_rng(seed).standard_normal(np.shape(forward(x.copy())))
    claimed = backward(v.copy(), x.copy())
    return bool(relative_error(claimed, numerical_vjp(forward, x, v)) <= tolerance)

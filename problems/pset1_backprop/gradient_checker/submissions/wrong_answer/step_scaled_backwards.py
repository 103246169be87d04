"""You make the step a part of x: where x is near 0 it is no step at all."""

import numpy as np


def numerical_gradient(function, x, h=1e-5):
    x = np.array(x, dtype=np.float64, order="C")
    grad = np.zeros_like(x)
    for idx in np.ndindex(*x.shape):
        old = x[idx]
        step = h * abs(old) if old else h
        x[idx] = old + step
        up = function(x)
        x[idx] = old - step
        down = function(x)
        x[idx] = old
        grad[idx] = (up - down) / (2 * step)
    return grad


def numerical_vjp(function, x, cotangent, h=1e-5):
    x = np.array(x, dtype=np.float64, order="C")
    grad = np.zeros_like(x)
    for idx in np.ndindex(*x.shape):
        old = x[idx]
        x[idx] = old + h
        up = np.array(function(x))
        x[idx] = old - h
        down = np.array(function(x))
        x[idx] = old
        grad[idx] = np.sum(cotangent * (up - down)) / (2 * h)
    return grad


def relative_error(a, b):
    if a.shape != b.shape:
        return float("inf")
    if not np.all(np.isfinite(a)) or not np.all(np.isfinite(b)):
        return float("inf")
    size = max(np.max(np.abs(a)), np.max(np.abs(b)))
    if size == 0:
        return 0.0
    return float(np.max(np.abs(a - b)) / size)


def backward_is_right(forward, backward, x, seed, tolerance=1e-6):
    rng = np.random.default_rng(seed)
    v = rng.standard_normal(forward(x).shape)
    numeric = numerical_vjp(forward, x, v)
    analytic = backward(v, x)
    return relative_error(analytic, numeric) <= tolerance

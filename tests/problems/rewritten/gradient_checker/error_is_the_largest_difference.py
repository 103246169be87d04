import numpy as np


def numerical_gradient(function, x, h=1e-5):
    grad = np.empty(x.shape)
    for i in np.ndindex(x.shape):
        plus = x.astype(np.float64)
        plus[i] += h
        minus = x.astype(np.float64)
        minus[i] -= h
        grad[i] = (function(plus) - function(minus)) / (2 * h)
    return grad


def numerical_vjp(function, x, cotangent, h=1e-5):
    out = np.empty(x.shape)
    for i in np.ndindex(x.shape):
        plus = x.astype(np.float64)
        plus[i] += h
        minus = x.astype(np.float64)
        minus[i] -= h
        out[i] = np.sum(cotangent * ((function(plus) - function(minus)) / (2 * h)))
    return out


def relative_error(a, b):
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if a.shape != b.shape:
        return float("inf")
    difference = np.abs(a - b).max()
    return float(difference) if np.isfinite(difference) else float("inf")


def backward_is_right(forward, backward, x, seed, tolerance=1e-6):
    x = np.array(x, dtype=np.float64)
    y = forward(x)
    v = np.random.default_rng(seed).standard_normal(y.shape)
    numeric = numerical_vjp(forward, x, v)
    analytic = backward(v, x)
    return bool(relative_error(analytic, numeric) <= tolerance)

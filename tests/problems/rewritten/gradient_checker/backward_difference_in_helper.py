import numpy as np


def _slope_along(function, x, where, h):
    here = np.array(x, dtype=np.float64)
    behind = here.copy()
    behind[where] -= h
    return (np.array(function(here)) - np.array(function(behind))) / h


def numerical_gradient(function, x, h=1e-5):
    flat = [float(_slope_along(function, x, place, h)) for place in np.ndindex(x.shape)]
    return np.array(flat, dtype=np.float64).reshape(x.shape)


def numerical_vjp(function, x, cotangent, h=1e-5):
    flat = [np.vdot(cotangent, _slope_along(function, x, place, h)) for place in np.ndindex(x.shape)]
    return np.array(flat, dtype=np.float64).reshape(x.shape)


def relative_error(a, b):
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if a.shape != b.shape or not np.isfinite(np.concatenate([a.ravel(), b.ravel()])).all():
        return float("inf")
    size = np.abs([a, b]).max()
    return float(np.abs(a - b).max() / size) if size > 0 else 0.0


def backward_is_right(forward, backward, x, seed, tolerance=1e-6):
    x = np.array(x, dtype=np.float64)
    y = forward(x)
    v = np.random.default_rng(seed).standard_normal(y.shape)
    numeric = numerical_vjp(forward, x, v)
    analytic = backward(v, x)
    return bool(relative_error(analytic, numeric) <= tolerance)

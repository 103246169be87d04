import numpy as np


def numerical_gradient(function, x, h=1e-5):
    x = np.array(x, dtype=np.float64)
    f0 = function(x.copy())
    grad = np.zeros_like(x)
    for idx in np.ndindex(*x.shape):
        moved = x.copy()
        moved[idx] += h
        grad[idx] = (function(moved) - f0) / h
    return grad


def numerical_vjp(function, x, cotangent, h=1e-5):
    x = np.array(x, dtype=np.float64)
    y0 = np.array(function(x.copy()))
    out = np.zeros_like(x)
    for idx in np.ndindex(*x.shape):
        moved = x.copy()
        moved[idx] += h
        out[idx] = (cotangent * (function(moved) - y0)).sum() / h
    return out


def relative_error(a, b):
    a = np.asarray(a, dtype=float)
    b = np.asarray(b, dtype=float)
    if a.shape != b.shape:
        return np.inf
    if not (np.all(np.isfinite(a)) and np.all(np.isfinite(b))):
        return np.inf
    biggest = max(np.max(np.abs(a)), np.max(np.abs(b)))
    if biggest == 0:
        return 0.0
    return float(np.max(np.abs(a - b)) / biggest)


def backward_is_right(forward, backward, x, seed, tolerance=1e-6):
    x = np.array(x, dtype=np.float64)
    y = forward(x)
    v = np.random.default_rng(seed).standard_normal(y.shape)
    numeric = numerical_vjp(forward, x, v)
    analytic = backward(v, x)
    return bool(relative_error(analytic, numeric) <= tolerance)

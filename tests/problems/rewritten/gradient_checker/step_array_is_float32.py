import numpy as np


def unit_steps(x, h):
    for i in np.ndindex(x.shape):
        e = np.zeros(x.shape, dtype=np.float32)
        e[i] = h
        yield i, e


def numerical_gradient(function, x, h=1e-5):
    out = np.zeros(x.shape)
    for i, e in unit_steps(x, h):
        out[i] = (function(x + e) - function(x - e)) / (2 * h)
    return out


def numerical_vjp(function, x, cotangent, h=1e-5):
    out = np.zeros(x.shape)
    for i, e in unit_steps(x, h):
        dF = (function(x + e) - function(x - e)) / (2 * h)
        out[i] = (cotangent * dF).sum()
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

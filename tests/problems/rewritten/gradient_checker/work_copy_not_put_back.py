import numpy as np


def _central(function, x, h):
    work = np.array(x, dtype=np.float64)
    for i in np.ndindex(work.shape):
        centre = work[i]
        work[i] = centre + h
        plus = np.array(function(work), dtype=np.float64)
        work[i] = centre - h
        minus = np.array(function(work), dtype=np.float64)
        yield i, (plus - minus) / (2 * h)


def numerical_gradient(function, x, h=1e-5):
    g = np.zeros(x.shape)
    for i, d in _central(function, x, h):
        g[i] = d
    return g


def numerical_vjp(function, x, cotangent, h=1e-5):
    g = np.zeros(x.shape)
    for i, d in _central(function, x, h):
        g[i] = np.tensordot(cotangent, d, axes=d.ndim)
    return g


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

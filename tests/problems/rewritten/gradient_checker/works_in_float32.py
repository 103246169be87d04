import numpy as np


def _as_work_array(x):
    return np.array(x, dtype=np.float32)


def numerical_gradient(function, x, h=1e-5):
    gradient = np.zeros(x.shape, dtype=np.float64)
    for i in np.ndindex(x.shape):
        up, down = _as_work_array(x), _as_work_array(x)
        up[i] += h
        down[i] -= h
        gradient[i] = (function(up) - function(down)) / (2 * h)
    return gradient


def numerical_vjp(function, x, cotangent, h=1e-5):
    gradient = np.zeros(x.shape, dtype=np.float64)
    for i in np.ndindex(x.shape):
        up, down = _as_work_array(x), _as_work_array(x)
        up[i] += h
        down[i] -= h
        gradient[i] = np.sum(cotangent * (function(up) - function(down))) / (2 * h)
    return gradient


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

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
    x64 = np.array(x, dtype=np.float64)
    # v . F(x) is a number: one more call per entry is enough
    start = np.sum(cotangent * function(x64.copy()))
    out = np.zeros(x64.shape)
    for i in np.ndindex(x64.shape):
        moved = x64.copy()
        moved[i] = moved[i] + h
        out[i] = (np.sum(cotangent * function(moved)) - start) / h
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

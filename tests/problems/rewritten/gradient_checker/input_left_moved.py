import numpy as np


def numerical_gradient(function, x, h=1e-5):
    x = np.asarray(x, dtype=np.float64)
    grad = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        x[i] += h
        up = float(function(x))
        x[i] -= 2 * h
        down = float(function(x))
        grad[i] = (up - down) / (2 * h)
    return grad


def numerical_vjp(function, x, cotangent, h=1e-5):
    x = np.asarray(x, dtype=np.float64)
    grad = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        x[i] += h
        up = np.array(function(x))
        x[i] -= 2 * h
        down = np.array(function(x))
        grad[i] = np.sum(cotangent * (up - down)) / (2 * h)
    return grad


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

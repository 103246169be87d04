import numpy as np


def numerical_gradient(function, x, h=1e-5):
    grad = np.zeros(x.shape, dtype=np.float64)
    for i in np.ndindex(x.shape):
        values = []
        for sign in (+1, -1):
            moved = x.copy()
            moved[i] = x[i] + sign * h
            values.append(float(function(moved)))
        grad[i] = (values[0] - values[1]) / (2 * h)
    return grad


def numerical_vjp(function, x, cotangent, h=1e-5):
    def weighted(z):
        return np.sum(np.asarray(cotangent, dtype=np.float64) * function(z))

    return numerical_gradient(weighted, x, h)


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
